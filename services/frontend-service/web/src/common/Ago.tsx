import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';

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

/** A relative time with the exact one on hover; it stays right while the page is open. */
export function Ago({ time, suffix = '' }: { time?: string; suffix?: string }) {
  const now = useNow();
  if (!time) return null;
  const then = new Date(time);
  return (
    <Tooltip label={exact(then)}>
      <time dateTime={time}>
        {ago(then, now)}
        {suffix}
      </time>
    </Tooltip>
  );
}

/** The present, to the nearest ten seconds: one clock for the page. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
