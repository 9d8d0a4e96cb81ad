// One watch stream for the whole page: what changed goes into the query cache, and the page knows whether it is live.
import { useSyncExternalStore } from 'react';
import type { WatchEvent } from './types';

export interface LiveState {
  /** True while events or heartbeats arrive. */
  live: boolean;
  /** When the state was last known to be true. */
  asOf: Date;
  /** When the next try is due, while the connection is broken. */
  retryAt?: Date;
}

type Handler = (event: WatchEvent) => void;

/** Nothing heard for this long means stale: the server sends a heartbeat every few seconds. */
const SILENCE_MS = 5000;
const RETRY_MS = [500, 1000, 2000, 5000, 10000];

/** The server cannot go on from our position: what happened meanwhile is read anew, not replayed. */
class CannotResume extends Error {}

/**
 * Reads /api/v1/watch line by line, resumes where it broke off, and tells its handlers. Where the server cannot resume (it was restarted, or
 * we were away for long), handlers get a snapshotEnd: everything may have changed.
 */
export class Live {
  private state: LiveState = { live: true, asOf: new Date() }; // until nothing is heard for a while, nothing is stale
  private readonly listeners = new Set<() => void>();
  private readonly handlers = new Set<Handler>();
  private position = '0';
  private instance = '';
  private missed = false;
  private failures = 0;
  private wake?: () => void;
  private hangUp?: () => void;
  private silence?: ReturnType<typeof setTimeout>;

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

  /** Tries again at once instead of waiting; a connection that has been silent for too long, as after a laptop's sleep, is given up. */
  tryNow = () => {
    if (Date.now() - this.state.asOf.getTime() > SILENCE_MS) this.goStale();
    this.wake?.();
  };

  /** Runs until stop; reconnects for ever. */
  async run(stop: AbortSignal) {
    this.silence = setTimeout(this.goStale, SILENCE_MS);
    while (!stop.aborted) {
      try {
        await this.connect(stop);
      } catch (error) {
        if (error instanceof CannotResume) continue;
        // Any other reason does not matter to the reader: the banner says since when the page is stale.
      }
      if (stop.aborted) return;
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] ?? 10000;
      this.set({ ...this.state, retryAt: new Date(Date.now() + wait) });
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, wait);
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
      this.wake = undefined;
    }
  }

  private async connect(stop: AbortSignal) {
    const abort = new AbortController();
    this.hangUp = () => abort.abort();
    stop.addEventListener('abort', this.hangUp, { once: true });
    const watchdog = setTimeout(this.hangUp, SILENCE_MS); // for a server that accepts and says nothing
    try {
      const query = new URLSearchParams({ resumePosition: this.position, instance: this.instance, changesOnly: 'true' });
      const response = await this.open(`/api/v1/watch?${query}`, { signal: abort.signal });
      if (!response.ok || !response.body) throw new Error(`watch answered ${response.status}`);
      for await (const line of lines(response.body)) {
        clearTimeout(watchdog);
        this.receive(JSON.parse(line) as WatchEvent);
      }
    } finally {
      clearTimeout(watchdog);
      stop.removeEventListener('abort', this.hangUp);
      abort.abort();
    }
  }

  private receive(event: WatchEvent) {
    if (event.snapshot || event.snapshotEnd) {
      // All of the matrix at once is more than any page shows: begin anew from now, and let each page ask for its part.
      this.position = '0';
      this.instance = '';
      this.missed = true;
      throw new CannotResume();
    }
    if (event.instance) {
      if (this.instance && this.instance !== event.instance) this.missed = true;
      this.instance = event.instance;
    }
    if (event.position && event.position !== '0') this.position = event.position;
    this.failures = 0;
    clearTimeout(this.silence);
    this.silence = setTimeout(this.goStale, SILENCE_MS);
    this.set({ live: true, asOf: new Date() });
    if (this.missed) {
      this.missed = false;
      this.tell({ snapshotEnd: {} });
    }
    this.tell(event);
  }

  private goStale = () => {
    this.set({ ...this.state, live: false });
    this.hangUp?.();
  };

  private tell(event: WatchEvent) {
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
