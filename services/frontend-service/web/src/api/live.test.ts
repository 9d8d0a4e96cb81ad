import { describe, expect, it, vi } from 'vitest';
import { Live } from './live';
import type { WatchEvent } from './types';

function stream(...chunks: string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(c) {
      for (const chunk of chunks) c.enqueue(new TextEncoder().encode(chunk));
      c.close();
    },
  });
  return new Response(body, { status: 200 });
}

/** A server that answers each connection with the next script, and then stops the page. */
function server(scripts: string[][]) {
  const asked: URL[] = [];
  const stop = new AbortController();
  const open = vi.fn(async (input: string | URL | Request) => {
    asked.push(new URL(String(input), 'http://signalbox'));
    const script = scripts.shift();
    if (!script) {
      stop.abort();
      throw new Error('no more');
    }
    return stream(...script);
  });
  return { open: open as unknown as typeof fetch, asked, stop };
}

async function play(scripts: string[][]) {
  vi.useFakeTimers();
  const { open, asked, stop } = server(scripts);
  const live = new Live(open);
  const events: WatchEvent[] = [];
  live.onEvent((e) => events.push(e));
  const running = live.run(stop.signal);
  await vi.runAllTimersAsync();
  await running;
  vi.useRealTimers();
  return { live, asked, events };
}

describe('the watch stream', () => {
  it('reads events that arrive in pieces', async () => {
    const { events } = await play([['{"position":"3","inst', 'ance":"a","changes":{}}\n{"position":"4","instance":"a","heartbeat":{}}\n']]);
    expect(events.map((e) => e.position)).toEqual(['3', '4']);
  });

  it('resumes where it broke off', async () => {
    const { asked } = await play([['{"position":"7","instance":"a","changes":{}}\n']]);
    expect(asked[1]?.searchParams.get('resumePosition')).toBe('7');
    expect(asked[1]?.searchParams.get('instance')).toBe('a');
  });

  it('asks for everything again when the server restarted', async () => {
    const { events } = await play([['{"position":"7","instance":"a","changes":{}}\n'], ['{"position":"1","instance":"b","heartbeat":{}}\n']]);
    expect(events.some((e) => e.snapshotEnd)).toBe(true);
  });

  it('begins anew when the server cannot resume, without reading the snapshot of everything', async () => {
    const { asked, events } = await play([
      ['{"position":"7","instance":"a","changes":{}}\n'],
      ['{"instance":"b","snapshot":{"applications":[]}}\n{"instance":"b","snapshot":{"applications":[]}}\n'],
      ['{"position":"2","instance":"b","heartbeat":{}}\n'],
    ]);
    expect(asked[2]?.searchParams.get('resumePosition')).toBe('0');
    expect(events.map((e) => Object.keys(e).at(-1))).toEqual(['changes', 'snapshotEnd', 'heartbeat']);
  });

  it('says it is stale once the connection is gone', async () => {
    const { live } = await play([['{"position":"7","instance":"a","heartbeat":{}}\n']]);
    expect(live.snapshot().live).toBe(false);
  });

  it('forgives a short break, and tells of a long one', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const live = new Live((async () => {
      throw new Error('no route');
    }) as unknown as typeof fetch);
    const running = live.run(stop.signal);
    await vi.advanceTimersByTimeAsync(4000);
    expect(live.snapshot().live).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(live.snapshot().live).toBe(false);
    expect(live.snapshot().retryAt).toBeDefined();
    stop.abort();
    await running;
    vi.useRealTimers();
  });
});
