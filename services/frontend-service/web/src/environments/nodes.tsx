import { Handle, type NodeProps, Position } from '@xyflow/react';
import { IconAlertOctagon, IconCalendarTime, IconCircleCheck, IconCircleDashed, IconLock, IconSnowflake, IconTrain, IconUserCheck, IconChevronRight, IconArrowBarToRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Environment, Lock } from '../api/types';
import { useNow } from '../common/Ago';
import { priorityName } from '../common/words';
import { momentIn, until, viewerZone } from '../common/zones';
import classes from './Chain.module.css';
import type { Box } from './layout';
import { freezeName, holdsAll, signalOf } from './signal';

const SIZE = 14;

function Handles() {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes.handle} />
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes.handle} />
    </>
  );
}

/** The box of a group, with its priority on the top edge. */
export function BoxNode({ data }: NodeProps) {
  const { box } = data as { box: Box };
  return (
    <section className={`${classes.box} ${classes[box.priority ?? ''] ?? ''}`}>
      <div className="ellipsis">
        <b>{box.group}</b>{' '}
        <span className="ink3">
          {box.environments.length > 1 ? `${box.environments.length} environments, ` : 'priority '}
          {priorityName(box).toLowerCase()}
        </span>
      </div>
    </section>
  );
}

/** One environment: what it is, what holds it, when its next train comes. */
export function EnvironmentNode({ data }: NodeProps) {
  const { environment: e, stop, chosen, choose } = data as { environment: Environment; stop?: Lock; chosen: boolean; choose: (name: string) => void };
  const inactive = !e.problem && !e.applications;
  return (
    <>
      <Handles />
      <button
        type="button"
        className={`${classes.node} ${e.problem ? classes.problem : inactive ? classes.inactive : ''} nopan`}
        aria-pressed={chosen}
        aria-label={`${e.name}, ${signalOf(e, stop).word}`}
        onClick={() => choose(e.name ?? '')}
      >
        <span className={classes.state}>
          {e.problem ? <IconAlertOctagon size={SIZE} /> : inactive ? <IconCircleDashed size={SIZE} /> : <IconCircleCheck size={SIZE} />}
          {e.problem ? 'Problem' : inactive ? 'Inactive' : `${e.applications} deployed`}
          <span className="grow" />
          {(e.freezes ?? []).length > 0 && <IconSnowflake size={SIZE} color="var(--teal)" />}
          {ownLocks(e).length > 0 && <IconLock size={SIZE} color="var(--violet)" />}
          {!!e.pendingApprovals && <IconUserCheck size={SIZE} color="var(--violet)" />}
        </span>
        <h3 className="ellipsis">{e.name}</h3>
        {factsOf(e, stop).slice(0, 3)}
        <NextTrain environment={e} />
      </button>
    </>
  );
}

/** The stop of the whole line is told apart from the locks of a place. */
function ownLocks(e: Environment): Lock[] {
  return (e.locks ?? []).filter((l) => l.scope !== 'LOCK_SCOPE_GLOBAL');
}

/** At most two facts beside the next train: what is wrong, what holds, what waits. */
function factsOf(e: Environment, stop?: Lock): ReactNode[] {
  const facts: ReactNode[] = [];
  const fact = (key: string, icon: ReactNode, words: string) =>
    facts.length < 2 &&
    facts.push(
      <span key={key} className={classes.fact}>
        {icon} <span className="ellipsis">{words}</span>
      </span>,
    );
  const locks = ownLocks(e);
  const [first] = locks;
  if (e.problem) fact('problem', <IconAlertOctagon size={SIZE} color="var(--red)" />, e.problem);
  if (stop) fact('stop', <IconLock size={SIZE} color="var(--violet)" />, 'The line is stopped');
  if (locks.length === 1 && first) fact('lock', <IconLock size={SIZE} color="var(--violet)" />, `${first.id}: ${first.message || 'no reason given'}`);
  if (locks.length > 1) fact('locks', <IconLock size={SIZE} color="var(--violet)" />, `${locks.length} locks`);
  const freeze = (e.freezes ?? []).find(holdsAll) ?? e.freezes?.[0];
  if (freeze) {
    const end = freeze.until ? ` to ${momentIn(new Date(freeze.until), viewerZone(), new Date())}` : '';
    fact('freeze', <IconSnowflake size={SIZE} color="var(--teal)" />, `${holdsAll(freeze) ? 'Freeze' : freezeName(freeze)}${end}`);
  }
  if (e.pendingApprovals) fact('approvals', <IconUserCheck size={SIZE} color="var(--violet)" />, `${e.pendingApprovals} to approve`);
  if (e.queued) fact('queued', <IconArrowBarToRight size={SIZE} />, e.queued === 1 ? '1 version waits' : `${e.queued} versions wait`);
  if (e.latest) fact('latest', <IconArrowBarToRight size={SIZE} />, 'Takes every new release');
  else if (facts.length === 0) fact('upstream', <IconArrowBarToRight size={SIZE} />, e.upstreamEnvironment ? `Nothing held, from ${e.upstreamEnvironment}` : 'No upstream');
  return facts;
}

function NextTrain({ environment: e }: { environment: Environment }) {
  const now = useNow();
  if (!e.nextDeparture) return null;
  const at = new Date(e.nextDeparture);
  return (
    <span className={classes.fact}>
      <IconTrain size={SIZE} color="var(--ink3)" />
      <span className="ellipsis">
        Next train {momentIn(at, viewerZone(), now)}, {until(at, now)}
      </span>
    </span>
  );
}

/** Many environments as one pile; a click opens it. */
export function PileNode({ data }: NodeProps) {
  const { box, stop, unfold } = data as { box: Box; stop?: Lock; unfold: (group: string) => void };
  const held = box.environments.filter((e) => !signalOf(e, stop).clear);
  const running = box.environments.filter((e) => !e.problem && e.applications).length;
  return (
    <>
      <Handles />
      <button type="button" className={`${classes.pile} nopan`} onClick={() => unfold(box.group)} aria-label={`Show the ${box.environments.length} environments of ${box.group}`}>
        <span className={classes.state}>
          <IconCircleCheck size={SIZE} /> {running} of {box.environments.length} run something
          <span className="grow" />
          <IconChevronRight size={SIZE} color="var(--ink3)" />
        </span>
        <span className={classes.fact}>
          {held.length ? <IconLock size={SIZE} color="var(--violet)" /> : <IconCalendarTime size={SIZE} color="var(--ink3)" />}
          {held.length ? `${held.length} held: ${[...new Set(held.map((e) => signalOf(e, stop).word.toLowerCase()))].join(', ')}` : 'Nothing held'}
        </span>
      </button>
    </>
  );
}
