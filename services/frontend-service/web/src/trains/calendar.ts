// The calendar of the line: for each environment when trains depart and when deployments are frozen.
import type { Departure, Freezes, FreezeWindow, Timetable } from '../api/line';
import type { Environment } from '../api/types';
import { dayStarts, momentOf, partsIn } from '../common/zones';

/** A stretch of time in which a window holds something. */
export interface Closed {
  start: Date;
  end: Date;
  names: string[];
  /** It concerns only some teams or applications. */
  partly: boolean;
}

/** A departure on the calendar, and how many more of its train follow too closely to be drawn. */
export interface Stop extends Departure {
  held: boolean;
  at: Date;
  more: number;
}

export interface CalendarRow {
  environment: string;
  closed: Closed[];
  departures: Stop[];
}

/** The rows of the environments that have a departure or a window in this stretch, in the order of the chain. */
export function calendarRows(environments: Environment[], timetable: Timetable, freezes: Freezes): CalendarRow[] {
  const rows: CalendarRow[] = [];
  for (const e of environments) {
    const environment = e.name ?? '';
    const departures = (timetable.departures ?? [])
      .filter((d) => d.environment === environment || (!!d.environmentGroup && d.environmentGroup === (e.environmentGroup || e.name)))
      .map((d) => ({ ...d, held: (d.frozen ?? []).includes(environment), at: new Date(d.time ?? 0), more: 0 }));
    const closed = closedTimes(environment, freezes);
    if (departures.length || closed.length) rows.push({ environment, closed, departures });
  }
  return rows;
}

/** Draws one sign for departures of a train that are closer than a gap in milliseconds. */
export function thin(stops: Stop[], gap: number): Stop[] {
  const drawn: Stop[] = [];
  for (const stop of stops) {
    const last = drawn.findLast((d) => d.train === stop.train);
    if (last && stop.at.getTime() - last.at.getTime() < gap && last.held === stop.held) last.more++;
    else drawn.push({ ...stop });
  }
  return drawn;
}

/** When something is held in an environment. Windows of one kind that touch or overlap become one stretch with both names. */
export function closedTimes(environment: string, freezes: Freezes): Closed[] {
  const windows = freezes.windows ?? [];
  const from = new Date(freezes.from ?? 0);
  const until = new Date(freezes.until ?? 0);
  const stretches: Closed[] = [];
  for (const o of freezes.occurrences ?? []) {
    const w = windows[o.window ?? 0];
    if (w?.environment !== environment || w.kind !== 'deny') continue;
    stretches.push({ start: new Date(o.start ?? 0), end: new Date(o.end ?? 0), names: [w.name || 'freeze'], partly: isPartly(w) });
  }
  for (const group of allowGroups(environment, windows)) stretches.push(...outside(group, freezes, from, until));
  return [...join(stretches.filter((s) => !s.partly)), ...join(stretches.filter((s) => s.partly))].filter((s) => s.end > from && s.start < until);
}

const isPartly = (w: FreezeWindow) => (w.teams ?? []).length + (w.applications ?? []).length > 0;

/** Allow windows hold while none of them is open; those for the same applications count together. */
function allowGroups(environment: string, windows: FreezeWindow[]): number[][] {
  const groups = new Map<string, number[]>();
  windows.forEach((w, i) => {
    if (w.environment !== environment || w.kind !== 'allow') return;
    const key = JSON.stringify([w.teams ?? [], w.applications ?? []]);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

function outside(group: number[], freezes: Freezes, from: Date, until: Date): Closed[] {
  const first = freezes.windows?.[group[0] ?? 0];
  const open = (freezes.occurrences ?? [])
    .filter((o) => group.includes(o.window ?? 0))
    .map((o) => ({ start: new Date(o.start ?? 0), end: new Date(o.end ?? 0) }))
    .sort((a, b) => a.start.getTime() - b.start.getTime());
  const closed: Closed[] = [];
  let at = from;
  for (const o of [...open, { start: until, end: until }]) {
    if (o.start > at) closed.push({ start: at, end: o.start, names: [`outside ${first?.name || 'the allowed hours'}`], partly: !!first && isPartly(first) });
    if (o.end > at) at = o.end;
  }
  return closed;
}

function join(stretches: Closed[]): Closed[] {
  const sorted = [...stretches].sort((a, b) => a.start.getTime() - b.start.getTime());
  const joined: Closed[] = [];
  for (const s of sorted) {
    const last = joined.at(-1);
    if (!last || s.start > last.end) {
      joined.push({ ...s, names: [...s.names] });
      continue;
    }
    if (s.end > last.end) last.end = s.end;
    for (const name of s.names) if (!last.names.includes(name)) last.names.push(name);
  }
  return joined;
}

export interface Tick {
  time: Date;
  label: string;
  /** A day begins here. */
  day: boolean;
}

/** The ticks of an axis on the clocks of a zone: days, and the hours between where there is room. */
export function ticks(from: Date, until: Date, zone: string, everyHours: number): Tick[] {
  const found: Tick[] = [];
  const days = dayStarts(new Date(from.getTime() - 86_400_000), until, zone);
  for (const start of days) {
    const p = partsIn(start, zone);
    found.push({ time: start, label: `${p.weekday} ${p.day}`, day: true });
    for (let hour = everyHours; hour < 24; hour += everyHours)
      found.push({ time: momentOf(p.year, p.month, p.day, hour, zone), label: `${String(hour).padStart(2, '0')}:00`, day: false });
  }
  return found.filter((t) => t.time >= from && t.time < until);
}

/** Where a moment stands between two others, in per cent of the way, cut to it. */
export function percent(time: Date, from: Date, until: Date): number {
  const share = (time.getTime() - from.getTime()) / (until.getTime() - from.getTime());
  return Math.min(100, Math.max(0, share * 100));
}
