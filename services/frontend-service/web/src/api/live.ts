// One watch stream for the whole page: what changed goes into the query cache, and the page knows whether it is live.
import { useSyncExternalStore } from 'react';
import type { WatchEvent } from './types';

export interface LiveState {
  /** True while events or heartbeats arrive. */
  live: boolean;
  /** When the state was last known to be true. */
  asOf: Date;
  /** Seconds until the next try, while the connection is broken. */
  retryAt?: Date;
}

type Handler = (event: WatchEvent) => void;

/** Nothing heard for this long means stale: the server sends a heartbeat every few seconds. */
const SILENCE_MS = 5000;
const RETRY_MS = [500, 1000, 2000, 5000, 10000];

/** Reads /api/v1/watch line by line, resumes where it broke off, and tells its listeners. */
export class Live {
  private state: LiveState = { live: true, asOf: new Date() }; // until the first connection fails, nothing is stale
  private readonly listeners = new Set<() => void>();
  private readonly handlers = new Set<Handler>();
  private position = '0';
  private instance = '';
  private failures = 0;
  private wake?: () => void;

  constructor(private readonly open: typeof fetch = fetch.bind(globalThis)) {}

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.state;

  onEvent(handler: Handler) {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  /** Tries again at once instead of waiting. */
  tryNow = () => this.wake?.();

  /** Runs until stop; reconnects for ever. */
  async run(stop: AbortSignal) {
    while (!stop.aborted) {
      try {
        await this.connect(stop);
      } catch {
        // The reason does not matter to the reader: the banner says since when the page is stale.
      }
      if (stop.aborted) return;
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] ?? 10000;
      this.set({ ...this.state, live: false, retryAt: new Date(Date.now() + wait) });
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, wait);
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  private async connect(stop: AbortSignal) {
    const abort = new AbortController();
    
    const cancel = () => abort.abort();
    stop.addEventListener('abort', cancel, { once: true });
    let watchdog = setTimeout(cancel, SILENCE_MS);
    try {
      const query = new URLSearchParams({ resumePosition: this.position, instance: this.instance, changesOnly: 'true' });
      const response = await this.open(`/api/v1/watch?${query}`, { signal: abort.signal });
      if (!response.ok || !response.body) throw new Error(`watch answered ${response.status}`);
      this.set({ live: true, asOf: new Date() });
      for await (const line of lines(response.body)) {
        clearTimeout(watchdog);
        watchdog = setTimeout(cancel, SILENCE_MS);
        this.receive(JSON.parse(line) as WatchEvent);
      }
    } finally {
      clearTimeout(watchdog);
      stop.removeEventListener('abort', cancel);
      abort.abort();
    }
  }

  private receive(event: WatchEvent) {
    if (event.instance) {
      // After a restart the server cannot replay what happened in between: everything on the page is asked for again.
      if (this.instance && this.instance !== event.instance) for (const h of this.handlers) h({ snapshotEnd: {} });
      this.instance = event.instance;
    }
    if (event.position && event.position !== '0') this.position = event.position;
    this.failures = 0;
    this.set({ live: true, asOf: new Date() });
    for (const handler of this.handlers) handler(event);
  }

  private set(state: LiveState) {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
  }
}

export const live = new Live();

/** The page's connection, as React state. */
export function useLive(): LiveState {
  return useSyncExternalStore(live.subscribe, live.snapshot);
}
