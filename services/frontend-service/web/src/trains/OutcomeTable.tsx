import { Tooltip } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { IconArrowBarToRight, IconArrowRight, IconMinus, IconSnowflake, IconUserCheck } from '@tabler/icons-react';
import { useRef } from 'react';
import type { DeployResult } from '../api/types';
import { type Fate, fateOf, type Namer, type Outcome, type OutcomeRow, skipWords } from './outcome';
import classes from './TrainPage.module.css';

const SECTION: Record<Fate, { title: string; says: string }> = {
  move: { title: 'Move', says: 'in one commit' },
  approval: { title: 'Need approval', says: 'nothing moves until somebody approves' },
  queued: { title: 'Held back', says: 'nothing moves until somebody or the clock lets go' },
  skipped: { title: 'Skipped', says: 'nothing to do, or not possible' },
};

type Line = { kind: 'section'; fate: Fate; count: number } | { kind: 'row'; row: OutcomeRow };

interface Props {
  outcome: Outcome;
  show?: Fate;
  chosen?: string;
  choose: (application: string) => void;
}

/** The applications of a train, by what becomes of them. Long trains are drawn as far as they are seen. */
export function OutcomeTable({ outcome, show, chosen, choose }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const lines = linesOf(outcome, show);
  // The virtualizer's functions change with every render, which is what the compiler's rule warns of; nothing here is memoized.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: (i) => (lines[i]?.kind === 'section' ? 28 : 30),
    getItemKey: (i) => keyOf(lines[i]),
    overscan: 12,
  });
  const width = outcome.environments.length > 1 ? `${outcome.environments.length * 32}px` : '28px';
  return (
    <div style={{ display: 'contents', ['--cells' as string]: width }}>
      <div className={classes.head}>
        <span>Application</span>
        <span>From, to</span>
        <span>Releases</span>
        <span className={classes.cells} aria-hidden={outcome.environments.length < 2}>
          {outcome.environments.length > 1 && outcome.environments.map((e) => <Short key={e} name={e} all={outcome.environments} />)}
        </span>
        <span>What happens, and why</span>
      </div>
      <div ref={scroll} className={classes.scroll} role="listbox" aria-label="Applications">
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            return (
              <div key={item.key} style={{ position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${item.start}px)` }}>
                {line?.kind === 'section' && (
                  <div className={classes.section} role="presentation">
                    <b>{SECTION[line.fate].title}</b> <span className="count">{line.count}</span> <span className="ink3 ellipsis">{SECTION[line.fate].says}</span>
                  </div>
                )}
                {line?.kind === 'row' && <Row row={line.row} environments={outcome.environments} name={outcome.name} chosen={line.row.application === chosen} choose={choose} />}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function keyOf(line?: Line): string {
  return line?.kind === 'row' ? line.row.application : `section ${line?.fate}`;
}

function linesOf(outcome: Outcome, show?: Fate): Line[] {
  const lines: Line[] = [];
  for (const fate of ['move', 'approval', 'queued', 'skipped'] as const) {
    // A filter counts deployments, so it shows each application that has one of that fate; without it each stands once.
    const rows = outcome.rows.filter((r) => (show ? show === fate && [...r.results.values()].some((d) => fateOf(d) === fate) : r.fate === fate));
    if (rows.length) lines.push({ kind: 'section', fate, count: rows.length }, ...rows.map((row) => ({ kind: 'row' as const, row })));
  }
  return lines;
}

interface RowProps {
  row: OutcomeRow;
  environments: string[];
  name: Namer;
  chosen: boolean;
  choose: (application: string) => void;
}

function Row({ row, environments, name, chosen, choose }: RowProps) {
  const message = [...row.changes.values()].flatMap((c) => c.releases ?? [])[0]?.message?.split('\n')[0];
  const first = [...row.results.values()][0];
  const why = row.because || (row.fate === 'skipped' && first ? skipWords(first) : message);
  return (
    <button type="button" className={classes.row} role="option" aria-selected={chosen} onClick={() => choose(row.application)}>
      <b className="ellipsis" style={{ fontWeight: 600 }}>
        {row.application}
      </b>
      <Versions row={row} name={name} />
      <span className="ink2">{row.releases || ''}</span>
      <span className={classes.cells}>
        {environments.map((e) => (
          <span key={e}>{row.results.has(e) && <Sign environment={e} result={row.results.get(e) ?? {}} />}</span>
        ))}
      </span>
      <span className="ellipsis ink2">{why}</span>
    </button>
  );
}

function Versions({ row, name }: { row: OutcomeRow; name: Namer }) {
  const result = [...row.results.values()].find((r) => fateOf(r) === row.fate) ?? {};
  const from = name(row.application, result.previousVersion);
  const to = name(row.application, result.version);
  if (row.fate === 'skipped') return <span className="mono ink2">{from || to}</span>;
  return (
    <span className="mono ellipsis">
      {from || 'nothing'} → <b>{to}</b>
    </span>
  );
}

const ICON: Record<Fate, typeof IconMinus> = { move: IconArrowRight, approval: IconUserCheck, queued: IconArrowBarToRight, skipped: IconMinus };

function Sign({ environment, result }: { environment: string; result: DeployResult }) {
  const fate = fateOf(result);
  const frozen = result.skipCause === 'SKIP_CAUSE_APP_IS_FROZEN' || !!result.frozenUntil;
  const Icon = frozen ? IconSnowflake : ICON[fate];
  const colour = frozen ? 'var(--teal)' : fate === 'approval' ? 'var(--violet)' : fate === 'skipped' ? 'var(--ink3)' : 'var(--ink)';
  const because = fate === 'skipped' ? skipWords(result) : result.because;
  const words = `${environment}: ${SECTION[fate].title.toLowerCase()}${because ? `, ${because}` : ''}`;
  return (
    <Tooltip label={words}>
      <span role="img" aria-label={words} style={{ display: 'inline-flex' }}>
        <Icon size={14} color={colour} />
      </span>
    </Tooltip>
  );
}

/** The part of a name that tells it from the others of its group: "de" of production-de. */
function Short({ name, all }: { name: string; all: string[] }) {
  const dash = name.lastIndexOf('-');
  const prefix = name.slice(0, dash + 1);
  const short = dash > 0 && all.every((other) => other.startsWith(prefix)) ? name.slice(dash + 1) : name;
  return (
    <Tooltip label={name}>
      <span>{short}</span>
    </Tooltip>
  );
}
