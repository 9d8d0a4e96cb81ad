import { IconAlertOctagonFilled, IconStack2 } from '@tabler/icons-react';
import { memo, useEffect, useRef, useState } from 'react';
import type { Application, Deployment, Environment } from '../api/types';
import { Age } from '../common/Ago';
import { MarkIcon, marksOf, QueuedIcon } from '../common/Marks';
import { differs, isBroken, isPending, isQueued, runs, versionName } from '../common/words';
import { byWhom, signature, spoken } from './cellWords';
import { summaryOf } from './columns';
import classes from './Cell.module.css';

interface Place {
  /** Row and column, for those who look for the cell. */
  row: number;
  column: number;
  left: number;
  width: number;
  /** Has the one place in the tab order. */
  focusable: boolean;
}

interface Props extends Place {
  application: string;
  environment: string;
  deployment?: Deployment;
  tight: boolean;
  /** Shown in the side panel, or chosen for an action on several. */
  selected: boolean;
  chosen: boolean;
  planned?: string;
}

/** One application in one environment: version, how far behind, marks; below it the most urgent thing, else age and who. */
export const Cell = memo(function Cell({ deployment: d, application, environment, tight, selected, chosen, planned, ...place }: Props) {
  const changed = useChanged(signature(d));
  const here = d && (runs(d) || isQueued(d) || isPending(d) || isBroken(d) || marksOf(d).length > 0);
  return (
    <div
      role="gridcell"
      className={classes.cell}
      data-row={place.row}
      data-column={place.column}
      data-changed={changed || undefined}
      data-differs={differs(d) || undefined}
      data-broken={(d && isBroken(d)) || undefined}
      data-planned={!!planned || undefined}
      data-chosen={chosen || undefined}
      aria-selected={selected || chosen}
      aria-describedby="cell-card"
      aria-label={spoken(application, environment, d, planned)}
      tabIndex={place.focusable ? 0 : -1}
      style={{ left: place.left, width: place.width }}
    >
      {here ? <Content d={d} tight={tight} planned={planned} /> : <span className={classes.none}>{planned ?? 'not here'}</span>}
    </div>
  );
});

function Content({ d, tight, planned }: { d: Deployment; tight: boolean; planned?: string }) {
  const behind = d.behind ?? 0;
  const marks = marksOf(d);
  return (
    <>
      <span className={classes.first}>
        {isBroken(d) && <IconAlertOctagonFilled size={14} color="var(--red)" aria-hidden="true" />}
        <span className={classes.version}>{runs(d) ? versionName(d.version, d.displayVersion) : 'nothing yet'}</span>
        {behind > 0 && <span className={classes.behind}>-{behind}</span>}
        {tight && <Second d={d} planned={planned} tight />}
        <span className={classes.marks}>
          {marks.slice(0, 3).map((m) => (
            <MarkIcon key={m.key} kind={m.key} quiet />
          ))}
          {marks.length > 3 && <span className={classes.more}>+{marks.length - 3}</span>}
        </span>
      </span>
      {!tight && (
        <span className={classes.second}>
          <Second d={d} planned={planned} />
        </span>
      )}
    </>
  );
}

/** The most urgent of what cannot be read, is planned, waits for approval, or is queued; else age and who. */
function Second({ d, planned, tight }: { d: Deployment; planned?: string; tight?: boolean }) {
  if (isBroken(d)) return <span className={classes.brokenWord}>cannot be read</span>;
  if (planned) return <span className={classes.plannedWord}>{planned}</span>;
  if (isPending(d)) return <span className={classes.approval}>{tight ? null : `${versionName(d.pendingVersion, d.pendingDisplayVersion)} to approve`}</span>;
  if (isQueued(d))
    return (
      <span className={classes.queued}>
        <QueuedIcon /> {tight ? null : `${versionName(d.queuedVersion, d.queuedDisplayVersion)} queued`}
      </span>
    );
  if (tight) return <span className={classes.age}><Age time={d.deployedAt} /></span>;
  const who = byWhom(d);
  return (
    <>
      <Age time={d.deployedAt} />
      {who && <span>· {who}</span>}
    </>
  );
}

interface SummaryProps extends Place {
  application: Application;
  group: string;
  folded: Environment[];
  tight: boolean;
}

/** A folded group: how many of its environments run what they should, and how many do not. */
export const SummaryCell = memo(function SummaryCell({ application, group, folded, tight, ...place }: SummaryProps) {
  const s = summaryOf(application, folded);
  const held = s.locked + s.held;
  const rest = s.differing.length > 0 ? `${s.differing.length} differ` : held > 0 ? `${held} held` : s.queued > 0 ? `${s.queued} queued` : 'same';
  return (
    <div
      role="gridcell"
      className={`${classes.cell} ${classes.summary}`}
      data-row={place.row}
      data-column={place.column}
      data-differs={s.differing.length > 0 || undefined}
      aria-describedby="cell-card"
      aria-label={`${application.name} in the ${folded.length} environments of ${group}: ${s.same} of ${s.all} run what upstream runs, ${s.locked} locked, ${s.held} on hold, ${s.queued} queued`}
      tabIndex={place.focusable ? 0 : -1}
      style={{ left: place.left, width: place.width }}
    >
      {s.all === 0 ? (
        <span className={classes.none}>not here</span>
      ) : (
        <>
          <span className={classes.first}>
            <IconStack2 size={12} aria-hidden="true" /> {s.same} of {s.all}
          </span>
          {!tight && <span className={classes.second}>{rest}</span>}
        </>
      )}
    </div>
  );
});

/** True for eight seconds after the value changed while the cell was on the page. */
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
