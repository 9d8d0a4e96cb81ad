import { Button } from '@mantine/core';
import { IconArrowBarToRight, IconLock, IconPencil, IconPlayerPauseFilled, IconSnowflake, IconUserCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { queueRelease, resuming, unlocking } from '../actions/make';
import type { Application, Environment } from '../api/types';
import { Ago } from '../common/Ago';
import { When } from '../common/When';
import { initials, lockScope, versionName } from '../common/words';
import { type PlannedAction, usePlan } from '../tray';
import { renderAction } from './actions';
import classes from './ApplicationPage.module.css';
import { queueQuery } from './queries';
import { type Cause, causesOf, queuedName } from './why';

/** As many causes are shown before the rest is folded. */
const SHOWN = 4;

/** What holds the application back, who did it, why and until when; each with what ends it. */
export function Why({ application, environments }: { application: Application; environments: Environment[] }) {
  const queue = useQuery(queueQuery(application.name ?? ''));
  const [all, setAll] = useState(false);
  const order = new Map(environments.map((e, i) => [e.name, i]));
  const deployments = [...(application.deployments ?? [])].sort((a, b) => (order.get(a.environment) ?? 0) - (order.get(b.environment) ?? 0));
  const causes = causesOf(deployments, queue.data?.queued ?? []);
  if (causes.length === 0) return null;
  const shown = all ? causes : causes.slice(0, SHOWN);
  return (
    <ul className={classes.why} aria-label="What holds it back">
      {shown.map((c) => (
        <li key={c.key}>
          <CauseLine cause={c} application={application.name ?? ''} />
        </li>
      ))}
      {causes.length > shown.length && (
        <li>
          <Button variant="subtle" onClick={() => setAll(true)}>
            Show {causes.length - shown.length} more
          </Button>
        </li>
      )}
    </ul>
  );
}

function CauseLine({ cause, application }: { cause: Cause; application: string }) {
  switch (cause.kind) {
    case 'freeze':
      return (
        <Line icon={<IconSnowflake size={14} color="var(--teal)" />}>
          <b>{cause.environments.join(', ')}</b> {cause.environments.length > 1 ? 'are' : 'is'} frozen: {cause.because}.{' '}
          {cause.until ? (
            <>
              Ends <When time={cause.until} />; what waits for it alone goes by itself then.
            </>
          ) : (
            'Its end is not known.'
          )}
        </Line>
      );
    case 'lock': {
      const { lock } = cause;
      return (
        <Line icon={<IconLock size={14} color="var(--violet)" />} act={{ words: lock.scope === 'LOCK_SCOPE_GLOBAL' ? 'End the stop…' : 'Delete lock…', planned: unlocking(lock) }}>
          <b>{lockScope(lock)}</b> {lock.scope === 'LOCK_SCOPE_GLOBAL' ? 'is stopped' : `is locked (${lock.id})`} by{' '}
          {lock.createdBy?.name || lock.createdBy?.email} <Ago time={lock.createdAt} suffix=" ago" />: {lock.message || 'no message'}.{' '}
          {lock.expiresAt && (
            <>
              Ends <When time={lock.expiresAt} />.
            </>
          )}
        </Line>
      );
    }
    case 'hold': {
      const d = cause.deployment;
      return (
        <Line icon={<IconPlayerPauseFilled size={14} color="var(--violet)" />} act={{ words: 'Resume…', planned: resuming(application, d.environment ?? '') }}>
          <b>{d.environment}</b> is on hold since {initials(d.holdBy) || 'somebody'} set it <Ago time={d.holdAt} suffix=" ago" />: {d.holdReason || 'no reason given'}. Releases
          and trains pass it by.
        </Line>
      );
    }
    case 'approval': {
      const d = cause.deployment;
      const [environment, id] = [d.environment ?? '', d.approvalId ?? ''];
      return (
        <Line icon={<IconUserCheck size={14} color="var(--violet)" />}>
          Version <b>{versionName(d.pendingVersion)}</b> waits for approval in <b>{environment}</b>.{' '}
          <Link to="/approvals" search={{ environment, id }}>
            Request {id}
          </Link>
        </Line>
      );
    }
    case 'queued': {
      const d = cause.deployment;
      return (
        <Line
          icon={<IconArrowBarToRight size={14} />}
          act={cause.heldByNow === '' ? { words: 'Release the queue…', planned: queueRelease({ application, environment: d.environment }) } : undefined}
        >
          <b className="mono">{queuedName(d)}</b> was queued for <b>{d.environment}</b> <Ago time={d.queuedAt} suffix=" ago" /> behind {d.queuedBecause}.{' '}
          {cause.goesAt ? (
            <>
              It goes by itself <When time={cause.goesAt} />.
            </>
          ) : cause.heldByNow === '' ? (
            'Nothing holds it now: it goes with the next train, or when the queue is released.'
          ) : cause.heldByNow && cause.heldByNow !== d.queuedBecause ? (
            `Now it waits for ${cause.heldByNow}.`
          ) : null}
        </Line>
      );
    }
    case 'edited':
      return (
        <Line icon={<IconPencil size={14} color="var(--orange)" />} act={{ words: 'Write it as released…', planned: renderAction(cause.environment) }}>
          The manifest in <b>{cause.environment}</b> is not the one of its release: somebody pushed past Signalbox.
        </Line>
      );
  }
}

interface Act {
  words: string;
  planned: PlannedAction;
}

function Line({ icon, act, children }: { icon: ReactNode; act?: Act; children: ReactNode }) {
  const { now } = usePlan();
  return (
    <>
      <span aria-hidden="true" className={classes.whyIcon}>
        {icon}
      </span>
      <span>
        {children}{' '}
        {act && (
          <button type="button" className={classes.link} onClick={() => now(act.planned)} title={act.planned.title}>
            {act.words}
          </button>
        )}
      </span>
    </>
  );
}
