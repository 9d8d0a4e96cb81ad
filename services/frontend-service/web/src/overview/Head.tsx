import { Tooltip } from '@mantine/core';
import { IconArrowRight, IconChevronDown, IconChevronRight, IconLock, IconSnowflake } from '@tabler/icons-react';
import { memo } from 'react';
import type { Environment, Freeze } from '../api/types';
import { useNow } from '../common/Ago';
import { clockTime, lockSentence, priorityName } from '../common/words';
import type { Band } from './columns';
import type { Placed } from './Row';
import classes from './Head.module.css';

/** Height of the head: the groups, and below them the environments. */
export const HEAD = 72;

interface Props {
  total: number;
  bands: Band[];
  columns: Placed[];
  /** Where each column begins, also of those out of view, and where the last one ends. */
  edges: number[];
  fold: (band: Band) => void;
  /** Changes that would move rows, and what lets them. */
  waiting: number;
  show: () => void;
}

/** The head of the matrix: groups along the chain with their priority, and of each environment what holds all of it. */
export const Head = memo(function Head({ total, bands, columns, edges, fold, waiting, show }: Props) {
  const now = useNow();
  return (
    <div className={classes.head} role="rowgroup" style={{ height: HEAD }}>
      <div role="row" aria-rowindex={1} className={classes.bands}>
        <div role="columnheader" className={classes.corner}>
          <b>{total.toLocaleString()}</b> {total === 1 ? 'application' : 'applications'}
        </div>
        {bands.map((b) => (
          <BandHead key={b.group} band={b} left={edges[b.from] ?? 0} width={(edges[b.to] ?? 0) - (edges[b.from] ?? 0)} fold={fold} />
        ))}
      </div>
      <div role="row" aria-rowindex={2} className={classes.environments}>
        <div role="columnheader" className={classes.below} aria-label="Application">
          <News count={waiting} show={show} />
        </div>
        {columns.map(({ column, index, left, width }) => (
          <div key={column.key} role="columnheader" aria-colindex={index + 2} className={classes.environment} style={{ left, width }}>
            {column.environment ? <EnvironmentHead e={column.environment} now={now} /> : <FoldedHead folded={column.folded ?? []} />}
          </div>
        ))}
      </div>
    </div>
  );
});

function BandHead({ band: b, left, width, fold }: { band: Band; left: number; width: number; fold: (band: Band) => void }) {
  const Chevron = b.folded ? IconChevronRight : IconChevronDown;
  const words = priorityName({ priority: b.priority });
  // Over a single environment of the same name the group's name says nothing.
  const name = b.sameName ? words : b.group;
  return (
    <div role="columnheader" aria-colspan={b.to - b.from} className={classes.band} data-priority={b.priority} style={{ left, width }} title={`${b.group}, ${words}`}>
      <span className={classes.bandName}>
        {b.from > 0 && !b.foldable && <IconArrowRight size={11} aria-hidden="true" />}
        {b.foldable ? (
          <button type="button" className={classes.fold} aria-expanded={!b.folded} aria-label={`${b.folded ? 'Unfold' : 'Fold'} group ${b.group}`} onClick={() => fold(b)}>
            <Chevron size={12} aria-hidden="true" />
            <span className="ellipsis">{name}</span>
          </button>
        ) : (
          <span className="ellipsis">{name}</span>
        )}
        {!b.folded && !b.sameName && width > 200 && <span className={classes.priority}>{words}</span>}
      </span>
    </div>
  );
}

function EnvironmentHead({ e, now }: { e: Environment; now: Date }) {
  // The stop stands in the banner; here are the locks of the environment and of its group.
  const locks = (e.locks ?? []).filter((l) => l.scope !== 'LOCK_SCOPE_GLOBAL');
  const freezes = e.freezes ?? [];
  const from = e.latest ? 'takes new releases' : e.upstreamEnvironment ? `from ${e.upstreamEnvironment}` : 'no upstream';
  return (
    <>
      <div className={classes.title}>
        <Tooltip label={`${e.name}: ${priorityName(e)}, ${from}`}>
          <b className="ellipsis">{e.name}</b>
        </Tooltip>
        <span className={classes.marks}>
          {freezes.length > 0 && (
            <Tooltip label={<span style={{ whiteSpace: 'pre-line' }}>{freezes.map((f) => freezeSentence(f, now)).join('\n')}</span>}>
              <IconSnowflake size={14} color="var(--teal)" role="img" aria-label={freezes.map((f) => freezeSentence(f, now)).join('; ')} />
            </Tooltip>
          )}
          {locks.length > 0 && (
            <Tooltip label={<span style={{ whiteSpace: 'pre-line' }}>{locks.map(lockSentence).join('\n')}</span>}>
              <IconLock size={14} color="var(--violet)" role="img" aria-label={locks.map(lockSentence).join('; ')} />
            </Tooltip>
          )}
        </span>
      </div>
      <Subtitle e={e} now={now} />
    </>
  );
}

/** The one thing about an environment that matters most now. */
function Subtitle({ e, now }: { e: Environment; now: Date }) {
  if (e.problem)
    return (
      <Tooltip label={e.problem}>
        <p className={`${classes.sub} ${classes.problem}`}>config cannot be read</p>
      </Tooltip>
    );
  const whole = (e.freezes ?? []).find((f) => !f.teams?.length && !f.applications?.length);
  const parts: string[] = [];
  if (e.queued) parts.push(`${e.queued} queued`);
  if (e.pendingApprovals) parts.push(`${e.pendingApprovals} to approve`);
  if (whole) return <p className={`${classes.sub} ${classes.frozen}`}>Freeze{whole.until ? ` to ${clockTime(new Date(whole.until), now)}` : ', end not known'}{e.queued ? `, ${e.queued} queued` : ''}</p>;
  if (e.nextDeparture) parts.push(`train ${clockTime(new Date(e.nextDeparture), now)}`);
  const words = parts.join(', ') || (e.latest ? 'newest releases' : `${(e.applications ?? 0).toLocaleString()} run here`);
  return (
    <p className={classes.sub} title={words}>
      {words}
    </p>
  );
}

function FoldedHead({ folded }: { folded: Environment[] }) {
  const locked = folded.filter((e) => (e.locks ?? []).some((l) => l.scope !== 'LOCK_SCOPE_GLOBAL')).length;
  return (
    <>
      <div className={classes.title}>
        <b>{folded.length} env.</b>
        <span className={classes.marks}>{locked > 0 && <IconLock size={14} color="var(--violet)" role="img" aria-label={`${locked} of them are locked`} />}</span>
      </div>
      <p className={classes.sub}>folded</p>
    </>
  );
}

function freezeSentence(f: Freeze, now: Date): string {
  const whom = [...(f.teams ?? []).map((t) => `team ${t}`), ...(f.applications ?? [])].join(', ');
  const until = f.until ? ` to ${clockTime(new Date(f.until), now)}` : '';
  return `Freeze${until}${f.window ? ` (${f.window})` : ''}${whom ? ` for ${whom}` : ''}${f.reason ? `: ${f.reason}` : ''}`;
}

/** Changes that would move rows wait here: nothing jumps under the pointer. */
function News({ count, show }: { count: number; show: () => void }) {
  return (
    <span role="status">
      {count > 0 && (
        <button type="button" className={classes.news} onClick={show} title="They would add, remove or move rows">
          {count === 1 ? '1 change' : `${count.toLocaleString()} changes`}, show
        </button>
      )}
    </span>
  );
}
