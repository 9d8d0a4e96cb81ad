import { VisuallyHidden } from '@mantine/core';
import { IconChevronRight, IconEyeOff } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { type Line, parseDiff, type Row, rowsOf } from './diff';
import classes from './Diff.module.css';
import { Yaml } from './Yaml';

interface Props {
  /** A unified diff, as the server writes it. */
  text: string;
  /** The new side whole: with it objects are named and what is left out can be shown. */
  full?: string;
  /** Side by side instead of beneath each other. */
  split?: boolean;
  /** What is compared with what, for who hears the page. */
  label?: string;
  /** How high it may grow before it scrolls; it fills its place when left out. */
  maxHeight?: number | string;
}

/** From so many rows on only those in view are drawn. */
const MANY = 300;

/** What changed between two manifests: numbered lines, unchanged stretches folded, words that changed marked. */
export function Diff({ text, full, split = false, label = 'Changes', maxHeight }: Props) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const hunks = useMemo(() => parseDiff(text), [text]);
  const whole = useMemo(() => (full === undefined ? undefined : full.replace(/\n$/, '').split('\n')), [full]);
  const rows = useMemo(() => rowsOf(hunks, { full: whole, open, split }), [hunks, whole, open, split]);
  const unfold = (gap: number) => setOpen((old) => new Set([...old, gap]));
  const shared = { rows, split, label, unfold, maxHeight };
  return (
    <div className={classes.whole}>
      {text.includes('(not shown') && <HiddenSecrets />}
      {rows.length > MANY ? <FarRows {...shared} /> : <AllRows {...shared} />}
    </div>
  );
}

/** Says that a manifest's secrets are left out. */
export function HiddenSecrets() {
  return (
    <p className={classes.notice}>
      <IconEyeOff size={14} aria-hidden="true" /> Secrets&apos; data is hidden. Where it changed, the line says so.
    </p>
  );
}

interface RowsProps {
  rows: Row[];
  split: boolean;
  label: string;
  unfold: (gap: number) => void;
  maxHeight?: number | string;
}

function AllRows({ rows, split, label, unfold, maxHeight }: RowsProps) {
  return (
    <div className={classes.diff} style={{ maxHeight }} role="table" aria-label={label} tabIndex={0}>
      <div className={classes.rows} data-split={split} role="rowgroup">
        {rows.map((row) => (
          <DrawnRow key={row.key} row={row} unfold={unfold} />
        ))}
      </div>
    </div>
  );
}

function FarRows({ rows, split, label, unfold, maxHeight }: RowsProps) {
  const scroll = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual is made for this
  const far = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => (rows[i]?.type === 'gap' || rows[i]?.type === 'head' ? 24 : 18),
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 30,
  });
  const longest = useMemo(() => rows.reduce((n, r) => (r.type === 'line' ? Math.max(n, r.line.text.length) : n), 0), [rows]);
  return (
    <div ref={scroll} className={classes.diff} style={{ maxHeight: maxHeight ?? '70vh' }} role="table" aria-label={label} aria-rowcount={rows.length} tabIndex={0}>
      <div
        className={classes.rows}
        data-split={split}
        role="rowgroup"
        style={{ height: far.getTotalSize(), width: split ? '100%' : `max(100%, calc(${longest}ch + 106px))` }}
      >
        {far.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div key={item.key} ref={far.measureElement} data-index={item.index} className={classes.far} style={{ width: '100%', transform: `translateY(${item.start}px)` }}>
              <DrawnRow row={row} unfold={unfold} index={item.index + 1} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function DrawnRow({ row, unfold, index }: { row: Row; unfold: (gap: number) => void; index?: number }) {
  switch (row.type) {
    case 'gap':
      return <Gap row={row} unfold={unfold} index={index} />;
    case 'head':
      return (
        <div className={classes.head} role="row" aria-rowindex={index}>
          <span role="cell">{row.text}</span>
        </div>
      );
    case 'line':
      return (
        <div className={classes.line} data-kind={row.line.kind} role="row" aria-rowindex={index}>
          <Number of={row.line.old} />
          <Number of={row.line.new} />
          <Content line={row.line} />
        </div>
      );
    case 'pair':
      return (
        <div className={classes.split} role="row" aria-rowindex={index}>
          <Half line={row.left} number={row.left?.old} />
          <Half line={row.right} number={row.right?.new} />
        </div>
      );
  }
}

function Gap({ row, unfold, index }: { row: Extract<Row, { type: 'gap' }>; unfold: (gap: number) => void; index?: number }) {
  const words = row.count === 1 ? '1 unchanged line' : `${row.count.toLocaleString('en')} unchanged lines`;
  return (
    <div role="row" aria-rowindex={index}>
      <span role="cell">
        {row.canOpen ? (
          <button type="button" className={classes.gap} onClick={() => unfold(row.gap)} aria-label={`Show ${words}`}>
            <IconChevronRight size={12} aria-hidden="true" /> {words}
          </button>
        ) : (
          <span className={classes.gap}>{words}</span>
        )}
      </span>
    </div>
  );
}

function Number({ of }: { of?: number }) {
  return (
    <span className={classes.number} role="cell">
      {of}
    </span>
  );
}

const SIGN = { same: '', add: '+', del: '-' };
const SAID = { same: '', add: 'added: ', del: 'removed: ' };

function Content({ line }: { line: Line }) {
  return (
    <>
      <span className={classes.sign} aria-hidden="true">
        {SIGN[line.kind]}
      </span>
      <span className={classes.text} role="cell">
        {line.kind !== 'same' && <VisuallyHidden>{SAID[line.kind]}</VisuallyHidden>}
        <Yaml text={line.text} mark={line.mark} />
      </span>
    </>
  );
}

function Half({ line, number }: { line?: Line; number?: number }) {
  return (
    <span className={classes.half} data-kind={line?.kind ?? 'none'}>
      <Number of={number} />
      {line && <Content line={line} />}
    </span>
  );
}
