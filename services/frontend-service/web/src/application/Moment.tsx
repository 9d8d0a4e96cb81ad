import { exact, useNow } from '../common/Ago';

const STEPS: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];

/** How long until a moment, in its two largest units: "in 9 h 11 min". */
export function untilWords(then: Date, now: Date): string {
  let seconds = Math.round((then.getTime() - now.getTime()) / 1000);
  if (seconds <= 0) return 'now';
  const words: string[] = [];
  for (const [size, unit] of STEPS) {
    const n = Math.floor(seconds / size);
    seconds -= n * size;
    if (n > 0) words.push(`${n} ${unit}`);
    else if (words.length) break;
    if (words.length === 2) break;
  }
  return `in ${words.join(' ')}`;
}

/** A moment to come: on the viewer's clock, and how long until then. */
export function Moment({ time }: { time: string }) {
  const now = useNow();
  const then = new Date(time);
  const near = Math.abs(then.getTime() - now.getTime()) < 20 * 3_600_000;
  const words = then.toLocaleString(undefined, near ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <time dateTime={time} title={exact(then)}>
      {words} ({untilWords(then, now)})
    </time>
  );
}
