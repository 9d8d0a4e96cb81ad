import { useSyncExternalStore } from 'react';
import type { Range } from './useOverview';

/** What is in view: rows, and columns. */
export interface View {
  rows: Range;
  columns: Range;
}

/** Keeps what is in view, for those who say it; scrolling draws nobody else again. */
export class ViewStore {
  private view: View = { rows: { first: 0, last: 0 }, columns: { first: 0, last: 0 } };
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.view;

  set(view: View) {
    this.view = view;
    for (const listener of this.listeners) listener();
  }
}

/** What is in view, as React state. */
export function useView(store: ViewStore): View {
  return useSyncExternalStore(store.subscribe, store.snapshot);
}
