// Changes that would move rows of the matrix wait until somebody asks for them: nothing jumps under the pointer.
import { useCallback, useSyncExternalStore } from 'react';
import type { OverviewFilter } from './overview';

const none: ReadonlySet<string> = new Set();

/** The names of what would come, go or move, by filter. */
class Waiting {
  private readonly byFilter = new Map<string, ReadonlySet<string>>();
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  of(filter: OverviewFilter): ReadonlySet<string> {
    return this.byFilter.get(JSON.stringify(filter)) ?? none;
  }

  add(filter: OverviewFilter, name: string) {
    if (!this.of(filter).has(name)) this.set(filter, new Set([...this.of(filter), name]));
  }

  remove(filter: OverviewFilter, name: string) {
    if (this.of(filter).has(name)) this.set(filter, new Set([...this.of(filter)].filter((n) => n !== name)));
  }

  /** Forgets what waits; for all filters when none is named. */
  clear(filter?: OverviewFilter) {
    if (filter) this.byFilter.delete(JSON.stringify(filter));
    else this.byFilter.clear();
    for (const listener of this.listeners) listener();
  }

  private set(filter: OverviewFilter, names: ReadonlySet<string>) {
    this.byFilter.set(JSON.stringify(filter), names);
    for (const listener of this.listeners) listener();
  }
}

export const waiting = new Waiting();

/** How many changes wait that would move rows of this filter's matrix. */
export function useWaiting(filter: OverviewFilter): number {
  return useSyncExternalStore(
    waiting.subscribe,
    useCallback(() => waiting.of(filter).size, [filter]),
  );
}
