import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, useEffect, useMemo, useRef } from 'react';
import type { Application } from '../api/types';
import type { Band, Column } from './columns';
import { HEAD, Head } from './Head';
import { HoverCard } from './HoverCard';
import type { Place } from './keys';
import { laneHeight } from './LaneRows';
import classes from './Matrix.module.css';
import { type Placed, type PlannedHere, Row } from './Row';
import { useGridFocus } from './useGridFocus';
import { useHover } from './useHover';
import type { Rows } from './useOverview';
import type { View } from './view';

const NAME = 206;
const FOLDED = 78;

/** What people do in the matrix. */
export interface MatrixActs {
  open: (application: Application, column: Column) => void;
  lane: (application: string) => void;
  fold: (band: Band) => void;
  /** A key that is not about moving; the place has the focus. */
  key: (event: React.KeyboardEvent, place: Place, rows: Rows) => Place | undefined;
}

interface Props {
  rows: Rows;
  columns: Column[];
  bands: Band[];
  tight: boolean;
  /** Application whose lane is open. */
  lane?: string;
  selected?: { application: string; environment: string };
  chosen: ReadonlyMap<string, ReadonlySet<string>>;
  planned: ReadonlyMap<string, ReadonlyMap<string, PlannedHere>>;
  acts: MatrixActs;
  onView: (view: View) => void;
}

/** The matrix: rows are applications, columns environments in the order of the chain. Only what is in view is drawn. */
export function Matrix({ rows, columns, bands, tight, lane, selected, chosen, planned, acts, onView }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const { ref: sized, width: outer, height: tall } = useElementSize<HTMLDivElement>();
  const height = tight ? 28 : 40;
  const laneAt = lane ? rows.indexOf(lane) : -1;
  const laneSize = laneAt >= 0 ? laneHeight(rows.at(laneAt) as Application) : 0;

  const folded = columns.filter((c) => c.folded).length;
  const wide = Math.max(116, Math.min(240, Math.floor(((outer || window.innerWidth) - NAME - FOLDED * folded - 12) / Math.max(1, columns.length - folded))));
  const edges = useMemo(() => columns.reduce((all, c) => [...all, (all.at(-1) ?? NAME) + (c.folded ? FOLDED : wide)], [NAME]), [columns, wide]);
  const across = edges.at(-1) ?? NAME;

  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual is made for this
  const down = useVirtualizer({
    count: rows.total,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => height + (i === laneAt ? laneSize : 0),
    overscan: 4,
    paddingStart: HEAD,
    scrollPaddingStart: HEAD,
    useFlushSync: false, // two of them listen to one scroll: both first, then one drawing
  });
  const over = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => (columns[i]?.folded ? FOLDED : wide),
    overscan: 1,
    paddingStart: NAME,
    scrollPaddingStart: NAME,
    useFlushSync: false,
  });
  useEffect(() => down.measure(), [down, height, laneAt, laneSize]);
  useEffect(() => over.measure(), [over, wide, columns]);

  const items = over.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = items.at(-1)?.index ?? -1;
  const placed = useMemo(() => {
    const out: Placed[] = [];
    for (let index = from; index <= to; index++) {
      const column = columns[index];
      const left = edges[index] ?? 0;
      if (column) out.push({ column, index, left, width: (edges[index + 1] ?? left) - left });
    }
    return out;
  }, [columns, edges, from, to]);

  const lines = down.getVirtualItems();
  const offset = down.scrollOffset ?? 0;
  const bottom = offset + tall;
  const firstRow = down.getVirtualItemForOffset(offset + HEAD + height / 2)?.index ?? 0;
  const lastRow = Math.min(rows.total - 1, down.getVirtualItemForOffset(bottom - height / 2)?.index ?? firstRow);
  const sideways = over.scrollOffset ?? 0;
  const right = sideways + outer;
  const inView = placed.filter((p) => p.left + p.width / 2 > sideways + NAME && p.left + p.width / 2 < right);
  const firstColumn = inView[0]?.index ?? 0;
  const lastColumn = inView.at(-1)?.index ?? 0;
  useEffect(
    () => onView({ rows: { first: firstRow, last: lastRow }, columns: { first: firstColumn, last: lastColumn } }),
    [onView, firstRow, lastRow, firstColumn, lastColumn],
  );

  const size = { rows: rows.total, columns: columns.length, page: Math.max(1, lastRow - firstRow) };
  const { place, setPlace, onKeyDown } = useGridFocus(scroll, size, (to) => {
    down.scrollToIndex(to.row);
    if (to.column >= 0) over.scrollToIndex(to.column);
  });
  const { hovered, handlers, hide } = useHover(scroll);

  const click = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const chevron = target.closest<HTMLElement>('[data-lane]');
    if (chevron) return acts.lane(chevron.dataset.lane ?? '');
    if (target.closest('a, button')) return;
    const cell = target.closest<HTMLElement>('[data-row]');
    if (!cell) return;
    const at = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    setPlace(at);
    hide();
    activate(at);
  };
  const activate = (at: Place) => {
    const application = rows.at(at.row);
    const column = columns[at.column];
    if (application && column) acts.open(application, column);
    else if (application) acts.lane(application.name ?? '');
  };

  const card = hovered && rows.at(hovered.row);
  const cardColumn = hovered && columns[hovered.column];
  return (
    <div
      ref={useMergedRef(scroll, sized)}
      className={classes.scroll}
      role="grid"
      aria-label="Applications and environments"
      aria-rowcount={rows.total + 2}
      aria-colcount={columns.length + 1}
      aria-busy={rows.busy}
      onClick={click}
      onKeyDown={(e) => {
        if (e.key === 'Escape') hide();
        onKeyDown(e, (at) => (e.key === 'Enter' ? void activate(at) : acts.key(e, at, rows)));
      }}
      {...handlers}
    >
      <div className={classes.sheet} role="presentation" style={{ height: down.getTotalSize(), width: across }}>
        <Head total={rows.total} bands={bands} columns={placed} edges={edges} fold={acts.fold} waiting={rows.waiting} show={rows.show} />
        {lines.map((line) => {
          const application = rows.at(line.index);
          const name = application?.name ?? '';
          return (
            <Row
              key={`${line.index}:${name}`}
              application={application}
              row={line.index}
              top={line.start}
              width={across}
              height={height}
              tight={tight}
              columns={placed}
              open={line.index === laneAt}
              focus={place.row === line.index ? place.column : undefined}
              selected={selected?.application === name ? selected.environment : undefined}
              chosen={chosen.get(name)}
              planned={planned.get(name)}
            />
          );
        })}
      </div>
      {card && cardColumn && (
        <HoverCard application={card} column={cardColumn} rect={hovered.rect} planned={planned.get(card.name ?? '')?.get(cardColumn.environment?.name ?? '')?.words} />
      )}
    </div>
  );
}
