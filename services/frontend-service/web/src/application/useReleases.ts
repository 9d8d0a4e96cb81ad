import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Release } from '../api/types';
import { releaseWindowQuery, WINDOW } from './queries';

/** The releases that match, read window by window as they come into view. */
export interface Releases {
  total: number;
  /** The release at a place of the list; undefined until its window is there. */
  at: (index: number) => Release | undefined;
  /** Asks for the windows that hold these places. */
  need: (first: number, last: number) => void;
  /** The first window is under way, and nothing older can be shown meanwhile. */
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

/** Reads an application's releases, thousands of them without reading them all. */
export function useReleases(application: string, search: string): Releases {
  const [windows, setWindows] = useState<[number, number]>([0, 0]);
  const first = useQuery({ ...releaseWindowQuery(application, search, 0), placeholderData: (old) => old });
  const wanted = useMemo(() => Array.from({ length: windows[1] - windows[0] + 1 }, (_, i) => windows[0] + i), [windows]);
  const read = useQueries({ queries: wanted.map((w) => releaseWindowQuery(application, search, w)) });
  const byWindow = new Map(wanted.map((w, i) => [w, read[i]?.data?.releases]));
  return {
    total: first.data?.total ?? 0,
    at: (index) => {
      const window = Math.floor(index / WINDOW);
      return (byWindow.get(window) ?? (window === 0 ? first.data?.releases : undefined))?.[index % WINDOW];
    },
    need: (from, to) => {
      const next: [number, number] = [Math.floor(Math.max(0, from) / WINDOW), Math.floor(Math.max(0, to) / WINDOW)];
      if (next[0] !== windows[0] || next[1] !== windows[1]) setWindows(next);
    },
    loading: first.isPending,
    error: first.error,
    retry: () => void first.refetch(),
  };
}
