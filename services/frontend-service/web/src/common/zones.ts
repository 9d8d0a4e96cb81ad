// Moments on the clocks of a zone. The server decides what happens when; here it is only said.

/** The viewer's zone, as the browser knows it. */
export function viewerZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** What people call a zone: "New York" for America/New_York. */
export function cityOf(zone: string): string {
  return (zone.split('/').pop() ?? zone).replaceAll('_', ' ');
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: string;
  monthName: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const options: Intl.DateTimeFormatOptions = {
      year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
    };
    try {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone || 'UTC' });
    } catch {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }); // a zone this browser does not know
    }
    formats.set(zone, format);
  }
  return format;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment as the calendar and the clocks of a zone show it. */
export function partsIn(time: Date, zone: string): Parts {
  const found = Object.fromEntries(formatFor(zone).formatToParts(time).map((p) => [p.type, p.value]));
  const number = (key: string) => Number(found[key] ?? 0);
  const monthName = (found.month ?? '').slice(0, 3);
  return {
    year: number('year'), month: MONTHS.indexOf(monthName) + 1, day: number('day'), hour: number('hour'), minute: number('minute'),
    second: number('second'), weekday: found.weekday ?? '', monthName,
  };
}

const two = (n: number) => String(n).padStart(2, '0');

/** The clock of a zone: "09:30". */
export function clockIn(time: Date, zone: string): string {
  const p = partsIn(time, zone);
  return `${two(p.hour)}:${two(p.minute)}`;
}

/** A moment as short as it is clear: "09:30" today, "Fri 09:30" this week, "30 Nov 09:30" this year. */
export function momentIn(time: Date, zone: string, now: Date): string {
  const p = partsIn(time, zone);
  const today = partsIn(now, zone);
  const clock = `${two(p.hour)}:${two(p.minute)}`;
  if (p.year === today.year && p.month === today.month && p.day === today.day) return clock;
  const days = (time.getTime() - now.getTime()) / 86_400_000;
  if (days > -6 && days < 6) return `${p.weekday} ${clock}`;
  return `${p.day} ${p.monthName}${p.year === today.year ? '' : ` ${p.year}`} ${clock}`;
}

/** How long until a moment: "in 9 h 11 min", "in 2 d 15 h", "in 40 s"; "over" when it has passed. */
export function until(time: Date, now: Date): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  return seconds <= 0 ? 'over' : `in ${span(seconds)}`;
}

/** A length of time in its two largest units. */
export function span(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** The moment when the clocks of a zone show a date and an hour. An hour that does not exist there is the one after the gap. */
export function momentOf(year: number, month: number, day: number, hour: number, zone: string): Date {
  const wanted = Date.UTC(year, month - 1, day, hour);
  let guess = wanted;
  for (let i = 0; i < 3; i++) {
    const p = partsIn(new Date(guess), zone);
    const shown = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second);
    if (shown === wanted) break;
    guess += wanted - shown;
  }
  return new Date(guess);
}

/** The starts of the days of a zone that begin in [from, until). */
export function dayStarts(from: Date, end: Date, zone: string): Date[] {
  const first = partsIn(from, zone);
  const starts: Date[] = [];
  for (let i = 0; ; i++) {
    const start = momentOf(first.year, first.month, first.day + i, 0, zone);
    if (start >= end) return starts;
    if (start >= from) starts.push(start);
  }
}

/** A moment on both clocks, the viewer's first and named: "12:00 Berlin, 06:00 New York". */
export function inZones(time: Date, zones: string[], now: Date): string {
  const seen = new Set<string>();
  const said: string[] = [];
  for (const zone of [viewerZone(), ...zones.filter(Boolean)]) {
    const moment = momentIn(time, zone, now);
    if (seen.has(moment)) continue; // clocks that agree need no second name
    seen.add(moment);
    said.push(`${moment} ${cityOf(zone)}`);
  }
  return said.join(', ');
}
