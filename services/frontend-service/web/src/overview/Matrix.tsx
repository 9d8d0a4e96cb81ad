import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { IconLock } from '@tabler/icons-react';
import { type CSSProperties, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Application, Environment } from '../api/types';
import { lockSentence, priorityName } from '../common/words';
import { Cell } from './Cell';
import classes from './Matrix.module.css';

interface Place {
  application: string;
  environment: string;
}

interface Props {
  applications: Application[];
  environments: Environment[];
  total: number;
  tight: boolean;
  /** Asks for the next page; unset when there is none or it is under way. */
  more?: () => void;
  selected?: Place;
  select: (place: Place | undefined) => void;
}

/** The matrix: rows are applications, columns environments in the order of the chain. Only the rows in view are drawn. */
export function Matrix({ applications, environments, total, tight, more, selected, select }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const height = tight ? 28 : 40;
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual is made for this
  const rows = useVirtualizer({ count: applications.length, getScrollElement: () => scroll.current, estimateSize: () => height, overscan: 8 });
  useEffect(() => rows.measure(), [height, rows]);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= applications.length - 20) more();
  }, [last, applications.length, more]);

  const [focus, setFocus] = useState({ row: 0, column: 0 });
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step) {
      if (event.key === 'Escape') select(undefined);
      return;
    }
    event.preventDefault();
    const row = clamp(focus.row + step[0], applications.length);
    const column = clamp(focus.column + step[1], environments.length);
    setFocus({ row, column });
    rows.scrollToIndex(row);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-place="${row}:${column}"]`)?.focus());
  };

  const column = `${Math.max(116, Math.min(240, Math.floor((window.innerWidth - 206) / Math.max(1, environments.length))))}px`;
  return (
    <div className="grow" style={{ display: 'flex', flexDirection: 'column', minHeight: 0 }}>
      <div
        ref={scroll}
        className={classes.scroll}
        style={{ '--col': column } as CSSProperties}
        role="grid"
        tabIndex={-1}
        aria-rowcount={total + 1}
        aria-colcount={environments.length + 1}
        aria-label="Applications and environments"
        onKeyDown={move}
      >
        <Head environments={environments} total={total} />
        <div className={classes.rows} style={{ height: rows.getTotalSize() }} role="rowgroup">
          {items.map((item) => {
            const application = applications[item.index];
            if (!application) return null;
            const byEnvironment = new Map((application.deployments ?? []).map((d) => [d.environment, d]));
            return (
              <div
                key={application.name}
                className={classes.line}
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                role="row"
                aria-rowindex={item.index + 2}
              >
                <div className={classes.name} role="rowheader">
                  <Link to="/applications/$application" params={{ application: application.name ?? '' }} className="ellipsis">
                    {application.name}
                  </Link>
                  {!tight && <span className="small ink3 ellipsis">{application.team}</span>}
                </div>
                {environments.map((environment, index) => (
                  <Cell
                    key={environment.name}
                    deployment={byEnvironment.get(environment.name)}
                    label={`${application.name} in ${environment.name}`}
                    tight={tight}
                    place={`${item.index}:${index}`}
                    focusable={focus.row === item.index && focus.column === index}
                    selected={selected?.application === application.name && selected?.environment === environment.name}
                    open={() => {
                      setFocus({ row: item.index, column: index });
                      select({ application: application.name ?? '', environment: environment.name ?? '' });
                    }}
                  />
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <footer className={classes.foot}>
        <span>
          Rows {items.length ? (items[0]?.index ?? 0) + 1 : 0} to {last + 1} of {total.toLocaleString()}
        </span>
        <span>{environments.length} environments</span>
        <span className="grow" />
        <span>Arrows move, Enter opens, / filters, Esc closes</span>
      </footer>
    </div>
  );
}

function Head({ environments, total }: { environments: Environment[]; total: number }) {
  return (
    <div className={classes.head} role="row" aria-rowindex={1}>
      <div className={classes.corner} role="columnheader">
        {total.toLocaleString()} <span className="ink3">{total === 1 ? 'application' : 'applications'}</span>
      </div>
      {environments.map((e, i) => (
        <div key={e.name} className={classes.column} data-priority={e.priority} role="columnheader">
          <div className={classes.group}>
            {e.environmentGroup !== environments[i - 1]?.environmentGroup && e.environmentGroup !== e.name ? e.environmentGroup : ''}
          </div>
          <Tooltip label={`${priorityName(e)}${e.latest ? ', takes new releases' : e.upstreamEnvironment ? `, from ${e.upstreamEnvironment}` : ''}`}>
            <div className={classes.env}>
              <span className="ellipsis">{e.name}</span>
              {(e.locks ?? []).length > 0 && (
                <Tooltip label={(e.locks ?? []).map(lockSentence).join('; ')}>
                  <IconLock size={14} color="var(--violet)" role="img" aria-label={(e.locks ?? []).map(lockSentence).join('; ')} />
                </Tooltip>
              )}
            </div>
          </Tooltip>
          <div className="small ink3 ellipsis">{e.problem ? <span style={{ color: 'var(--red)' }}>config cannot be read</span> : subtitle(e)}</div>
        </div>
      ))}
    </div>
  );
}

function subtitle(e: Environment): string {
  const queued = e.queued ?? 0;
  if (queued > 0) return `${queued} queued`;
  return e.latest ? 'newest releases' : `${e.applications ?? 0} run here`;
}

const STEPS: Record<string, [number, number] | undefined> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};

function clamp(value: number, count: number): number {
  return Math.max(0, Math.min(count - 1, value));
}
