import { memo, useEffect, useRef, useState } from 'react';
import type { Deployment } from '../api/types';
import { Ago } from '../common/Ago';
import { Marks, QueuedIcon } from '../common/Marks';
import { differs, initials, isQueued, runs, versionName } from '../common/words';
import classes from './Matrix.module.css';

interface Props {
  deployment?: Deployment;
  label: string;
  tight: boolean;
  place: string;
  focusable: boolean;
  selected: boolean;
  open: () => void;
}

/** One application in one environment: version, how far behind, marks; below it the most urgent thing, else age and who. */
export const Cell = memo(function Cell({ deployment: d, label, tight, place, focusable, selected, open }: Props) {
  const changed = useChanged(d ? `${d.version}/${d.queuedVersion}` : '');
  return (
    <button
      type="button"
      role="gridcell"
      className={classes.cell}
      data-place={place}
      data-changed={changed || undefined}
      tabIndex={focusable ? 0 : -1}
      style={selected ? { background: 'var(--select)' } : undefined}
      aria-label={`${label}: ${summary(d)}`}
      onClick={open}
    >
      {d && (runs(d) || isQueued(d) || (d.locks ?? []).length > 0) ? <Content d={d} tight={tight} /> : <span className={classes.empty}>not here</span>}
    </button>
  );
});

function Content({ d, tight }: { d: Deployment; tight: boolean }) {
  const behind = d.behind ?? 0;
  return (
    <>
      <span className={classes.first}>
        <span className={classes.version} data-differs={differs(d) || undefined}>
          {runs(d) ? versionName(d.version, d.displayVersion) : 'nothing yet'}
        </span>
        {behind > 0 && <span className={classes.behind}>-{behind}</span>}
        {tight && isQueued(d) && <QueuedIcon />}
        <span className="grow" />
        <Marks deployment={d} />
      </span>
      {!tight && (
        <span className={classes.second}>
          {isQueued(d) ? (
            <span className={classes.queued}>
              <QueuedIcon /> {versionName(d.queuedVersion, d.queuedDisplayVersion)} queued
            </span>
          ) : (
            <>
              <Ago time={d.deployedAt} />
              {initials(d.deployedBy) && <span>· {initials(d.deployedBy)}</span>}
            </>
          )}
        </span>
      )}
    </>
  );
}

function summary(d?: Deployment): string {
  if (!d || (!runs(d) && !isQueued(d))) return 'not here';
  const parts = [runs(d) ? `runs ${versionName(d.version, d.displayVersion)}` : 'nothing runs yet'];
  if (d.behind) parts.push(`${d.behind} behind`);
  if (isQueued(d)) parts.push(`${versionName(d.queuedVersion, d.queuedDisplayVersion)} queued`);
  if ((d.locks ?? []).length) parts.push('locked');
  if (d.hold) parts.push('on hold');
  if (d.editedByHand) parts.push('edited by hand');
  return parts.join(', ');
}

/** True for eight seconds after the value changed while the page was open. */
function useChanged(value: string): boolean {
  const before = useRef(value);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    setChanged(true);
    const timer = setTimeout(() => setChanged(false), 8000);
    return () => clearTimeout(timer);
  }, [value]);
  return changed;
}
