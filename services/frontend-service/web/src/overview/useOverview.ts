import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { type OverviewFilter, WINDOW, windowQuery } from '../api/overview';
import type { Application, Overview } from '../api/types';
import { useWaiting, waiting } from '../api/waiting';

/** Rows in view, both ends included. */
export interface Range {
  first: number;
  last: number;
}

/** The rows of the matrix that are in view, and what holds for all of them. */
export interface Rows {
  /** Says what holds for all rows; unset until the first answer. */
  head?: Overview;
  total: number;
  /** One row; undefined while it is being read. */
  at: (index: number) => Application | undefined;
  /** Where an application is among the rows that were read; -1 when it is not. */
  indexOf: (application: string) => number;
  /** Another filter is being asked for; the rows are still those of the last one. */
  busy: boolean;
  /** Why the first answer, or a window further down, could not be read. */
  error: Error | null;
  retry: () => void;
  /** Changes that would move rows; they come in with show. */
  waiting: number;
  show: () => void;
  /** Says which rows are in view, so that they are read. */
  need: (range: Range) => void;
}

/** Reads the windows around the rows in view. The old rows stay until the first answer to a new filter is there. */
export function useOverview(filter: OverviewFilter): Rows {
  const client = useQueryClient();
  const first = useQuery(windowQuery(filter, 0));
  const [shown, setShown] = useState(filter);
  if (first.data && shown !== filter) setShown(filter);

  const [{ from, to }, setWindows] = useState({ from: 0, to: 0 });
  const need = useCallback((range: Range) => {
    const next = { from: Math.floor(Math.max(0, range.first - 10) / WINDOW), to: Math.floor((range.last + 15) / WINDOW) };
    setWindows((now) => (now.from === next.from && now.to === next.to ? now : next));
  }, []);
  const numbers = useMemo(() => [...new Set([0, ...Array.from({ length: to - from + 1 }, (_, i) => from + i)])], [from, to]);
  const results = useQueries({ queries: numbers.map((n) => windowQuery(shown, n)) });
  const windows = new Map(numbers.map((n, i) => [n, results[i]?.data]));
  const head = windows.get(0);
  const total = head?.total ?? 0;

  // Windows read at different times may not fit together: then rows moved, and that waits, too.
  const fits = results.some((r) => r.isFetching) || results.every((r) => !r.data || (r.data.total ?? 0) === total);
  useEffect(() => {
    if (!fits) waiting.add(shown, '/order');
  }, [fits, shown]);

  const show = useCallback(() => {
    waiting.clear(shown);
    client.removeQueries({ queryKey: ['overview', shown], type: 'inactive' });
    void client.invalidateQueries({ queryKey: ['overview', shown] });
  }, [client, shown]);

  return {
    head,
    total,
    at: (index) => windows.get(Math.floor(index / WINDOW))?.applications?.[index % WINDOW],
    indexOf: (application) => {
      for (const [n, w] of windows) {
        const i = w?.applications?.findIndex((a) => a.name === application) ?? -1;
        if (i >= 0) return n * WINDOW + i;
      }
      return -1;
    },
    busy: first.isFetching && shown !== filter,
    error: first.error ?? results.find((r) => r.error)?.error ?? null,
    retry: () => void client.refetchQueries({ queryKey: ['overview'], predicate: (q) => q.state.status === 'error' }),
    waiting: useWaiting(shown),
    show,
    need,
  };
}
