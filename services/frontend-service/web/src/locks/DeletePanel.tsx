import { Button, Radio, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { IconArrowBarToRight, IconArrowRight, IconLock, IconLockOpen, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { Refusal } from '../tray/AnswerBox';
import { carryOut } from '../api/commands';
import type { Action, DeployResult, Environment, Lock } from '../api/types';
import { Aside } from '../common/Aside';
import page from '../common/Page.module.css';
import { Fact } from '../common/Page';
import { usePlan } from '../tray';
import { lockKey, lockTitle, nameOf, releasesBehind } from './words';

interface Props {
  locks: Lock[];
  environments: Environment[];
  clear: () => void;
}

const locksOf = (n: number) => (n === 1 ? '1 lock' : `${n} locks`);
const versionsOf = (n: number) => (n === 1 ? '1 version' : `${n} versions`);

/** What deleting the chosen locks does, what stays held, and the button that does it in one commit. */
export function DeletePanel({ locks, environments, clear }: Props) {
  const planner = usePlan();
  const [reason, setReason] = useState('');
  const [then, setThen] = useState<'leave' | 'release'>('leave');
  const deletes: Action[] = locks.map((l) => ({ deleteLock: nameOf(l) }));
  const releases = releasesBehind(locks, environments);
  // The server decides what would go: the locks are deleted and the queue is released in its head only.
  const behind = useQuery({
    queryKey: ['line', 'delete-locks', locks.map(lockKey)],
    queryFn: () => carryOut({ batch: { actions: [...deletes, ...releases] } }, { dryRun: true, reason: 'preview' }),
  });
  const results = (behind.data?.result?.batch?.results ?? []).flatMap((r) => r.releaseQueue?.applications ?? []);
  const free = results.filter((r) => r.outcome === 'DEPLOY_OUTCOME_DEPLOYED' || r.outcome === 'DEPLOY_OUTCOME_PENDING_APPROVAL');
  const held = results.filter((r) => r.outcome === 'DEPLOY_OUTCOME_QUEUED' || r.outcome === 'DEPLOY_OUTCOME_SKIPPED');
  const actions = then === 'release' ? [...deletes, ...releases] : deletes;
  const run = useMutation({
    mutationFn: () => carryOut(actions.length === 1 ? (actions[0] ?? {}) : { batch: { actions } }, { reason: reason.trim() }),
    onSuccess: clear,
  });
  const plan = () => {
    for (const [i, action] of deletes.entries()) planner.plan({ action, title: `Delete lock ${locks[i]?.id} on ${lockTitle(locks[i] ?? {})}` });
    clear();
  };
  const foot = (
    <>
      <Textarea
        label={<>Reason <span className="ink3" style={{ fontWeight: 400 }}>stands in the history</span></>}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
        maxLength={1000}
        autosize
        minRows={2}
      />
      {run.isError && <Refusal error={run.error} />}
      <div className="row">
        <Button
          color="red"
          style={{ flex: 1 }}
          leftSection={<IconTrash size={14} />}
          disabled={!reason.trim()}
          loading={run.isPending}
          onClick={() => run.mutate()}
        >
          Delete {locksOf(locks.length)}
        </Button>
        <Button variant="default" onClick={plan}>
          Plan it
        </Button>
      </div>
      {!reason.trim() && <span className="small ink3">Say why first: the reason stands in the history.</span>}
    </>
  );
  return (
    <Aside title={<h2>Delete {locksOf(locks.length)}</h2>} label={`Delete ${locksOf(locks.length)}`} close={clear} foot={foot}>
      <p className="ink2">{names(locks.map(lockTitle))}</p>
      <section>
        <h3>What happens</h3>
        <div className={page.well}>
          <div>
            <Fact icon={<IconLockOpen size={14} />} title={locks.length === 1 ? 'The lock ends' : `${locksOf(locks.length)} end`}>
              In one commit, with your reason. Deleting a lock deploys nothing.
            </Fact>
          </div>
          <div>
            {behind.isError ? <Refusal error={behind.error} /> : <Behind free={free} held={held} known={!!behind.data} release={then === 'release'} />}
          </div>
        </div>
      </section>
      {held.length > 0 && <StillHeld held={held} />}
      {free.length > 0 && (
        <section>
          <h3 id="then">Then</h3>
          <Radio.Group value={then} onChange={(v) => setThen(v === 'release' ? 'release' : 'leave')} aria-labelledby="then">
            <div style={{ display: 'grid', gap: 8 }}>
              <Radio size="xs" value="leave" label="Leave the versions queued" description="The next train takes each one as soon as nothing holds it." />
              <Radio size="xs" value="release" label={`Release the queue: deploy ${versionsOf(free.length)}`} description="In the same commit." />
            </div>
          </Radio.Group>
        </section>
      )}
    </Aside>
  );
}

function Behind({ free, held, known, release }: { free: DeployResult[]; held: DeployResult[]; known: boolean; release: boolean }) {
  if (!known) return <span className="ink3">Working out what waits behind…</span>;
  if (free.length + held.length === 0) return <Fact icon={<IconArrowBarToRight size={14} />} title="Nothing waits behind" />;
  if (release)
    return (
      <Fact icon={<IconArrowRight size={14} />} title={`${versionsOf(free.length)} deployed now`}>
        {names(free.map(cell))}
      </Fact>
    );
  return (
    <Fact icon={<IconArrowBarToRight size={14} />} title="Nothing moves yet">
      {free.length > 0
        ? `${versionsOf(free.length)} can go then: ${names(free.map(cell))}. They stay queued until a train, a deployment, or somebody who releases the queue.`
        : 'Something else holds each version that waits.'}
    </Fact>
  );
}

/** What goes on holding versions, each cause told once. */
function StillHeld({ held }: { held: DeployResult[] }) {
  const causes = new Map<string, DeployResult[]>();
  for (const result of held) {
    const cause = result.because || 'something else';
    causes.set(cause, [...(causes.get(cause) ?? []), result]);
  }
  return (
    <section>
      <h3>Still held after that</h3>
      <div className={page.well}>
        {[...causes].map(([cause, list]) => (
          <div key={cause}>
            <Fact icon={<IconLock size={14} color="var(--violet)" />} title={`${versionsOf(list.length)}, by ${cause}`}>
              {names(list.map(cell))}
            </Fact>
          </div>
        ))}
      </div>
    </section>
  );
}

const cell = (r: DeployResult) => `${r.application} in ${r.environment}`;

/** At most four names, then how many more. */
function names(all: string[]): string {
  return all.length > 5 ? `${all.slice(0, 4).join(', ')} and ${all.length - 4} more` : all.join(', ');
}
