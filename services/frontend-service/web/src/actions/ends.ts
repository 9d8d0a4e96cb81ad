// When a lock ends: presets, an exact time on the viewer's clock, and the sentence that says it.

const HOUR = 3_600_000;

/** The viewer's time zone, such as "Europe/Berlin". */
export function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A zone in a word: its city. */
export function zoneName(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

export interface Preset {
  value: string;
  label: string;
}

export const PRESETS: Preset[] = [
  { value: 'never', label: 'Never' },
  { value: '1h', label: '1 h' },
  { value: '4h', label: '4 h' },
  { value: 'morning', label: 'Tomorrow 09:00' },
  { value: 'exact', label: 'Exactly at' },
];

/** When a lock with this choice ends; undefined for never, and for an exact time that is not filled in. */
export function endOf(preset: string, exact: string, now: Date): Date | undefined {
  switch (preset) {
    case '1h':
      return new Date(now.getTime() + HOUR);
    case '4h':
      return new Date(now.getTime() + 4 * HOUR);
    case 'morning': {
      const morning = new Date(now);
      morning.setDate(morning.getDate() + 1);
      morning.setHours(9, 0, 0, 0);
      return morning;
    }
    case 'exact': {
      const time = new Date(exact); // without a zone: the viewer's clock
      return Number.isNaN(time.getTime()) ? undefined : time;
    }
    default:
      return undefined;
  }
}

/** How long until then: "40 min", "4 h 05 min", "3 d 2 h". */
export function lasts(from: Date, to: Date): string {
  const minutes = Math.max(0, Math.round((to.getTime() - from.getTime()) / 60_000));
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (d) return h ? `${d} d ${h} h` : `${d} d`;
  if (h) return m ? `${h} h ${String(m).padStart(2, '0')} min` : `${h} h`;
  return `${m} min`;
}

/** "Sat 21 Nov, 04:00 Berlin, in 4 h". */
export function endSentence(end: Date, now: Date): string {
  const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' }).format(end);
  const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false }).format(end);
  return `${day}, ${time} ${zoneName(zoneHere())}, in ${lasts(now, end)}`;
}

/** Why an end cannot be taken; unset when it can. */
export function endProblem(preset: string, end: Date | undefined, now: Date): string | undefined {
  if (preset === 'exact' && !end) return 'Fill in when the lock ends.';
  if (end && end <= now) return 'The lock would have ended already: choose a time to come.';
  return undefined;
}

/** Reads the hint for people: a number of hours, days or weeks. */
export function lifetimeProblem(text: string): string | undefined {
  return text === '' || /^[1-9][0-9]{0,3}[hdw]$/.test(text) ? undefined : 'A lifetime is a number of hours, days or weeks: 4h, 2d, 1w.';
}
