import { Link } from '@tanstack/react-router';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type CSSProperties, memo } from 'react';
import type { Application, Environment } from '../api/types';
import { Cell, SummaryCell } from './Cell';
import type { Column } from './columns';
import { LaneRows } from './LaneRows';
import classes from './Matrix.module.css';

/** A column in view, and where it stands. */
export interface Placed {
  column: Column;
  index: number;
  left: number;
  width: number;
}

/** What is planned for a cell: the words, and the version where it is one. */
export interface PlannedHere {
  words: string;
  version?: string;
}

interface Props {
  application?: Application;
  row: number;
  top: number;
  width: number;
  height: number;
  tight: boolean;
  columns: Placed[];
  open: boolean;
  /** Column of the cell that has the place in the tab order, when it is in this row. */
  focus?: number;
  /** Environment shown in the side panel, when it is of this application. */
  selected?: string;
  chosen?: ReadonlySet<string>;
  planned?: ReadonlyMap<string, PlannedHere>;
}

/** One application: its name, a cell for each environment in view, and its lane when it is open. */
export const Row = memo(function Row({ application, row, top, width, height, tight, columns, open, focus, selected, chosen, planned }: Props) {
  const name = application?.name ?? '';
  const byEnvironment = new Map((application?.deployments ?? []).map((d) => [d.environment, d]));
  return (
    <div role="rowgroup" className={classes.row} data-open={open || undefined} style={{ transform: `translateY(${top}px)`, width }}>
      <div role="row" aria-rowindex={row + 3} className={classes.line} style={{ height, '--cell-top': tight ? '5px' : '3px' } as CSSProperties}>
        <div
          role="rowheader"
          className={classes.name}
          data-row={row}
          data-column={-1}
          tabIndex={focus === -1 ? 0 : -1}
          aria-expanded={application ? open : undefined}
          aria-label={application ? `${name}${application.team ? `, team ${application.team}` : ''}` : 'Loading'}
        >
          {application ? <Name application={application} tight={tight} open={open} /> : <span className={classes.skeleton} />}
        </div>
        {columns.map(({ column, index, left, width: w }) => (
          <Part
            key={column.key}
            application={application}
            column={column}
            place={{ row, column: index, left, width: w, focusable: focus === index }}
            tight={tight}
            deployment={byEnvironment.get(column.environment?.name)}
            selected={!!selected && selected === column.environment?.name}
            chosen={chosen?.has(column.environment?.name ?? '') ?? false}
            planned={planned?.get(column.environment?.name ?? '')?.words}
          />
        ))}
      </div>
      {open && application && <LaneRows application={application} columns={columns} planned={planned} />}
    </div>
  );
});

function Name({ application, tight, open }: { application: Application; tight: boolean; open: boolean }) {
  const name = application.name ?? '';
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <>
      <button type="button" className={classes.chevron} data-lane={name} tabIndex={-1} aria-label={open ? `Close the lane of ${name}` : `Open the lane of ${name}`}>
        <Chevron size={14} aria-hidden="true" />
      </button>
      <span className={classes.names}>
        <Link to="/applications/$application" params={{ application: name }} className="ellipsis" tabIndex={-1} title={name} preload={false}>
          {name}
        </Link>
        {!tight && <span className="small ink3 ellipsis">{application.team || 'no team'}</span>}
      </span>
    </>
  );
}

interface PartProps {
  application?: Application;
  column: Column;
  place: { row: number; column: number; left: number; width: number; focusable: boolean };
  tight: boolean;
  deployment: React.ComponentProps<typeof Cell>['deployment'];
  selected: boolean;
  chosen: boolean;
  planned?: string;
}

function Part({ application, column, place, tight, deployment, selected, chosen, planned }: PartProps) {
  if (!application)
    return (
      <div role="gridcell" className={classes.waiting} style={{ left: place.left, width: place.width }}>
        <span className={classes.skeleton} />
      </div>
    );
  if (column.folded) return <SummaryCell application={application} group={column.group} folded={column.folded} tight={tight} {...place} />;
  return (
    <Cell
      application={application.name ?? ''}
      environment={(column.environment as Environment).name ?? ''}
      deployment={deployment}
      tight={tight}
      selected={selected}
      chosen={chosen}
      planned={planned}
      {...place}
    />
  );
}
