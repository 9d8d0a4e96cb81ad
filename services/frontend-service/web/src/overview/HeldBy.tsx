import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { queueRelease, resuming, unlocking } from '../actions/make';
import type { Environment } from '../api/types';
import { exact, useNow } from '../common/Ago';
import { MarkIcon, type MarkKind, QueuedIcon } from '../common/Marks';
import { clockTime, isPending, isQueued, lockScope, nameOf, versionName } from '../common/words';
import { type PlannedAction, usePlan } from '../tray';
import type { CellRef } from './cellActions';
import classes from './CellPanel.module.css';

/** What holds an application in an environment, and what waits: why, who, until when, and what ends it. */
export function HeldBy({ cell, of }: { cell: CellRef; of?: Environment }) {
  const now = useNow();
  const { application, environment, deployment: d } = cell;
  const when = (time?: string) => (time ? clockTime(new Date(time), now) : '');
  // Where the application has never been, what holds the whole environment holds it, too.
  const locks = d?.locks ?? of?.locks ?? [];
  const items: ReactNode[] = [];
  if (d && isQueued(d))
    items.push(
      <Item key="queued" icon={<QueuedIcon />} title={`${versionName(d.queuedVersion, d.queuedDisplayVersion)} queued`} end={queueRelease({ application, environment })} verb="Release the queue">
        Behind {d.queuedBecause || 'a lock'}, since {when(d.queuedAt)}. {d.queuedCause === 'freeze' ? 'Goes by itself when the freeze ends.' : 'Goes with the next train, or when somebody releases the queue.'}
      </Item>,
    );
  if (d && isPending(d))
    items.push(
      <Item key="approval" mark="approval" title={`${versionName(d.pendingVersion, d.pendingDisplayVersion)} needs approval`}>
        Request {d.approvalId}.
      </Item>,
    );
  if (d?.hold)
    items.push(
      <Item key="hold" mark="hold" title="On hold" end={resuming(application, environment)} verb="End the hold">
        {d.holdReason || 'No reason given'}. {nameOf(d.holdBy)}
        {d.holdAt ? `, since ${when(d.holdAt)}` : ''}. Trains and new releases pass it by.
      </Item>,
    );
  for (const l of locks)
    items.push(
      <Item key={`${l.scope}/${l.id}`} mark="lock" title={l.scope === 'LOCK_SCOPE_GLOBAL' ? 'The line is stopped' : `Lock ${l.id} on ${lockScope(l)}`} end={unlocking(l)} verb={l.scope === 'LOCK_SCOPE_GLOBAL' ? 'End the stop' : 'Delete'}>
        {l.message || 'No message'}. {nameOf(l.createdBy)}
        {l.createdAt ? `, since ${when(l.createdAt)}` : ''}. {l.expiresAt ? <span title={exact(new Date(l.expiresAt))}>Ends by itself {when(l.expiresAt)}.</span> : 'Ends when somebody deletes it.'}
      </Item>,
    );
  if (d?.frozen)
    items.push(
      <Item key="freeze" mark="frozen" title={d.frozenUntil ? `Freeze to ${when(d.frozenUntil)}` : 'Freeze, end not known'}>
        {d.frozenBecause}. What waits for it goes by itself when it ends.
      </Item>,
    );
  if (d?.editedByHand)
    items.push(
      <Item key="edited" mark="edited" title="Edited by hand">
        The manifest in git is not the one of this release. The next deployment writes it anew.
      </Item>,
    );
  return (
    <section aria-label="What holds it">
      <h2>What holds it</h2>
      {items.length ? <ul className={classes.held}>{items}</ul> : <p className="ink2">Nothing. A train or a new release goes through.</p>}
    </section>
  );
}

interface ItemProps {
  icon?: ReactNode;
  mark?: MarkKind;
  title: string;
  children: ReactNode;
  /** What ends it. */
  end?: PlannedAction;
  verb?: string;
}

function Item({ icon, mark, title, children, end, verb }: ItemProps) {
  const { plan, now } = usePlan();
  return (
    <li>
      <span className={classes.icon}>{mark ? <MarkIcon kind={mark} quiet /> : icon}</span>
      <span>
        <b>{title}</b>
        <span className={classes.why}>{children}</span>
        {end && (
          <span className={classes.ends}>
            <Button variant="default" size="compact-xs" onClick={() => plan(end)} aria-label={`Plan: ${end.title}`}>
              Plan to {(verb ?? '').toLowerCase()}
            </Button>
            <Button variant="subtle" color="gray" size="compact-xs" onClick={() => now(end)} aria-label={`${end.title}, now…`}>
              {verb} now…
            </Button>
          </span>
        )}
      </span>
    </li>
  );
}
