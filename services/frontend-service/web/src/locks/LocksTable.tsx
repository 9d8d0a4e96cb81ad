import { Checkbox, Tooltip } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconBox, IconDiamond, IconServer, IconStack2, IconUsers, IconWorld } from '@tabler/icons-react';
import { useRef } from 'react';
import type { Lock } from '../api/types';
import { Empty, Failed, Loading } from '../app/States';
import { Ago, useNow } from '../common/Ago';
import page from '../common/Page.module.css';
import { When } from '../common/When';
import { initials } from '../common/words';
import { span } from '../common/zones';
import classes from './LocksTable.module.css';
import { lockKey, lockKind, lockTitle, overLifetime } from './words';

const ICON: Record<string, typeof IconBox> = {
  LOCK_SCOPE_GLOBAL: IconWorld,
  LOCK_SCOPE_ENVIRONMENT_GROUP: IconStack2,
  LOCK_SCOPE_ENVIRONMENT: IconServer,
  LOCK_SCOPE_TEAM: IconUsers,
};

interface Props {
  query: UseQueryResult<{ locks?: Lock[]; total?: number }>;
  shown: Lock[];
  selected: ReadonlySet<string>;
  select: (keys: ReadonlySet<string>) => void;
}

/** The locks in one table, several of which can be chosen: a click with Shift takes all up to there. */
export function LocksTable({ query, shown, selected, select }: Props) {
  const last = useRef(-1);
  if (query.isError) return <Failed what="Locks" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const all = query.data.locks ?? [];
  if (all.length === 0)
    return (
      <Empty title="Nothing is locked">
        A lock holds new versions back until somebody deletes it; what runs keeps running. From the command line: <code>signalbox lock ID --environment NAME --message WHY</code>
      </Empty>
    );
  const toggle = (index: number, on: boolean, range: boolean) => {
    const [from, to] = range && last.current >= 0 ? [Math.min(last.current, index), Math.max(last.current, index)] : [index, index];
    const next = new Set(selected);
    for (const lock of shown.slice(from, to + 1)) {
      if (on) next.add(lockKey(lock));
      else next.delete(lockKey(lock));
    }
    last.current = index;
    select(next);
  };
  const chosen = shown.filter((l) => selected.has(lockKey(l))).length;
  return (
    <>
      <div className={page.scroll}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th>
                <Checkbox
                  size="xs"
                  aria-label="Select all locks that are shown"
                  checked={chosen > 0 && chosen === shown.length}
                  indeterminate={chosen > 0 && chosen < shown.length}
                  onChange={(e) => select(new Set(e.currentTarget.checked ? shown.map(lockKey) : []))}
                />
              </th>
              <th style={{ width: '25%' }}>What is locked, widest first</th>
              <th>Reason</th>
              <th style={{ width: 104 }}>By</th>
              <th style={{ width: 150 }}>Holds back now</th>
              <th style={{ width: 176 }}>Ends</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((lock, i) => (
              <Row key={lockKey(lock)} lock={lock} on={selected.has(lockKey(lock))} toggle={(on, range) => toggle(i, on, range)} />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p className="page ink3">No lock matches these filters.</p>}
      </div>
      <div className={page.foot}>
        {shown.length === (query.data.total ?? 0) ? `All ${shown.length} locks` : `${shown.length} of ${query.data.total ?? all.length} locks`}, read from the same state
        that enforces them
        <span className="grow" />
        <kbd>Space</kbd> select <kbd>Shift</kbd> + click select to here
      </div>
    </>
  );
}

function Row({ lock, on, toggle }: { lock: Lock; on: boolean; toggle: (on: boolean, range: boolean) => void }) {
  const Icon = ICON[lock.scope ?? ''] ?? IconBox;
  return (
    <tr className={on ? classes.selected : lock.scope === 'LOCK_SCOPE_GLOBAL' ? classes.stop : undefined} aria-selected={on}>
      <td>
        <Checkbox
          size="xs"
          aria-label={`Select lock ${lock.id} on ${lockTitle(lock)}`}
          checked={on}
          onChange={(e) => toggle(e.currentTarget.checked, (e.nativeEvent as MouseEvent).shiftKey)}
        />
      </td>
      <td>
        <div className={classes.what}>
          <Icon size={14} aria-hidden="true" />
          <div style={{ minWidth: 0 }}>
            <div className="ellipsis" style={{ fontWeight: 600 }}>
              {lockTitle(lock)}
            </div>
            <div className="ellipsis small ink3">{lockKind(lock)}</div>
          </div>
        </div>
      </td>
      <td style={{ overflowWrap: 'anywhere' }}>
        {lock.message || <span className="ink3">no reason given</span>}{' '}
        {lock.ciLink && (
          <a href={lock.ciLink} target="_blank" rel="noreferrer">
            CI run
          </a>
        )}
      </td>
      <td>
        <Tooltip label={lock.createdBy?.name || lock.createdBy?.email || 'unknown'}>
          <span className={classes.who}>{initials(lock.createdBy) || '?'}</span>
        </Tooltip>{' '}
        <span className="ink2">
          <Ago time={lock.createdAt} />
        </span>
      </td>
      <td>
        <HoldsBack lock={lock} />
      </td>
      <td>
        <Ends lock={lock} />
      </td>
    </tr>
  );
}

function HoldsBack({ lock }: { lock: Lock }) {
  if (!lock.holdsBack) return <span className="ink3">Nothing</span>;
  return (
    <Link to="/locks" search={{ tab: 'queue', environment: lock.environment, application: lock.application, team: lock.team }}>
      <b style={{ fontWeight: 600 }}>{lock.holdsBack === 1 ? '1 version' : `${lock.holdsBack} versions`}</b>
    </Link>
  );
}

function Ends({ lock }: { lock: Lock }) {
  const now = useNow();
  const over = overLifetime(lock, now);
  return (
    <>
      {lock.expiresAt ? <When time={lock.expiresAt} stacked /> : <span>Never</span>}
      {over > 0 && (
        <div className="row small" style={{ gap: 4, color: 'var(--orange)' }}>
          <IconDiamond size={12} aria-hidden="true" /> {span(over)} over its suggested lifetime
        </div>
      )}
      {over === 0 && lock.suggestedLifetime && !lock.expiresAt && <div className="small ink3">meant for {lock.suggestedLifetime}</div>}
    </>
  );
}
