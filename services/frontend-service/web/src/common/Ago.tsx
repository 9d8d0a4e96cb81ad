import { Tooltip } from '@mantine/core';
import { useCallback, useSyncExternalStore } from 'react';
import { live } from '../api/live';

const STEPS: [number, string][] = [
  [60, 's'],
  [60, 'min'],
  [24, 'h'],
  [Number.POSITIVE_INFINITY, 'd'],
];

/** Says an age the short way: "40 s", "19 min", "2 h", "9 d". */
export function ago(then: Date, now: Date): string {
  let value = Math.max(0, Math.floor((now.getTime() - then.getTime()) / 1000));
  for (const [size, unit] of STEPS) {
    if (value < size) return `${value} ${unit}`;
    value = Math.floor(value / size);
  }
  return '';
}

/** The exact time, with the viewer's zone. */
export function exact(time: Date): string {
  return time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}

// One clock for the page, to the nearest ten seconds. While the page is stale it stands still: ages are those of the state that is shown.
let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick() {
  const state = live.snapshot();
  now = state.live ? new Date() : state.asOf;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  if (listeners.size === 0) {
    now = new Date();
    timer = setInterval(tick, 10_000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** The present, to the nearest ten seconds. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}

/** An age in words that stays right while the page is open; who uses it is drawn again only when the words change. */
export function useAge(time?: string): string {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => (time ? ago(new Date(time), now) : ''), [time]),
  );
}

/** A relative time with the exact one on hover. */
export function Ago({ time, suffix = '' }: { time?: string; suffix?: string }) {
  const age = useAge(time);
  if (!time) return null;
  return (
    <Tooltip label={exact(new Date(time))}>
      <time dateTime={time}>
        {age}
        {suffix}
      </time>
    </Tooltip>
  );
}

/** A relative time without a tooltip of its own, for where hundreds of them stand and something else says the exact one. */
export function Age({ time }: { time?: string }) {
  const age = useAge(time);
  return time ? <time dateTime={time}>{age}</time> : null;
}
