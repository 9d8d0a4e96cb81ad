import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Application, Overview } from './types';

// The server: rows by offset, and what it was asked for.
const server = vi.hoisted(() => ({ rows: [] as { name: string; deployments: { environment: string; version: string; queuedVersion?: string }[] }[], asked: [] as string[], hold: undefined as Promise<void> | undefined }));

vi.mock('./client', () => ({
  ask: (call: Promise<unknown>) => call,
  api: {
    GET: async (path: string, { params: { query } }: { params: { query: { offset?: number; pageSize: number; queued?: boolean } } }) => {
      server.asked.push(`${path} ${query.offset ?? 0} ${query.pageSize}`);
      const matching = server.rows.filter((r) => !query.queued || r.deployments.some((d) => d.queuedVersion));
      const answer = { applications: matching.slice(query.offset ?? 0, (query.offset ?? 0) + query.pageSize), total: matching.length, counts: { all: server.rows.length }, environments: [{ name: 'staging' }] };
      await server.hold;
      return answer;
    },
  },
}));

const { keepFresh } = await import('./fresh');
const { windowQuery } = await import('./overview');
const { waiting } = await import('./waiting');

const all = { only: [] as const };
const queued = { only: ['queued'] as const };
const app = (name: string, version: string, more = {}): Application & { name: string } => ({ name, deployments: [{ environment: 'staging', version, ...more }] });

/** A page that shows the first window of a filter. */
async function page(filter: typeof all | typeof queued) {
  const client = new QueryClient();
  const observer = new QueryObserver(client, windowQuery(filter, 0));
  const stop = observer.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(1);
  const names = () => observer.getCurrentResult().data?.applications?.map((a) => `${a.name} ${a.deployments?.[0]?.version}`);
  return { client, tell: keepFresh(client), names, overview: () => observer.getCurrentResult().data as Overview, stop };
}

beforeEach(() => {
  vi.useFakeTimers();
  server.rows = [app('cart', '1'), app('checkout', '1'), app('search', '1')] as typeof server.rows;
  server.asked = [];
  server.hold = undefined;
});
afterEach(() => {
  waiting.clear();
  vi.useRealTimers();
});

describe('what changed', () => {
  it('is put where it stands, without asking for the page again', async () => {
    const p = await page(all);
    server.asked = [];
    p.tell({ position: '2', changes: { applications: [app('checkout', '2')] } });
    await vi.advanceTimersByTimeAsync(100);
    expect(p.names()).toEqual(['cart 1', 'checkout 2', 'search 1']);
    expect(server.asked).toEqual([]);
    p.stop();
  });

  it('asks once for the counts after a burst of events', async () => {
    const p = await page(all);
    server.asked = [];
    for (let i = 2; i < 40; i++) p.tell({ position: String(i), changes: { applications: [app('cart', String(i))] } });
    await vi.advanceTimersByTimeAsync(5000);
    expect(p.names()?.[0]).toBe('cart 39');
    expect(server.asked).toEqual(['/api/v1/overview 0 1']);
    p.stop();
  });

  it('waits when it would move rows, until somebody asks', async () => {
    const p = await page(all);
    server.rows = [...server.rows, app('delivery', '1') as (typeof server.rows)[number]];
    p.tell({ changes: { applications: [app('delivery', '1')], removedApplications: ['search'] } });
    await vi.advanceTimersByTimeAsync(2000);
    expect(p.names()).toEqual(['cart 1', 'checkout 1', 'search 1']);
    expect([...waiting.of(all)].sort()).toEqual(['delivery', 'search']);
    p.stop();
  });

  it('keeps a row that leaves the filter, and forgets the change when it comes back', async () => {
    server.rows = [app('cart', '1', { queuedVersion: '2' }), app('search', '1')] as typeof server.rows;
    const p = await page(queued);
    p.tell({ changes: { applications: [app('cart', '2')] } });
    await vi.advanceTimersByTimeAsync(100);
    expect(p.names()).toEqual(['cart 2']);
    expect(waiting.of(queued).size).toBe(1);
    p.tell({ changes: { applications: [app('cart', '2', { queuedVersion: '3' })] } });
    await vi.advanceTimersByTimeAsync(100);
    expect(waiting.of(queued).size).toBe(0);
    p.stop();
  });

  it('shows the first application of an empty page at once', async () => {
    server.rows = [];
    const p = await page(all);
    server.rows = [app('cart', '1')] as typeof server.rows;
    p.tell({ changes: { applications: [app('cart', '1')] } });
    await vi.advanceTimersByTimeAsync(2000);
    expect(p.names()).toEqual(['cart 1']);
    p.stop();
  });

  it('is not undone by a page that was read before it', async () => {
    let answer: () => void = () => undefined;
    server.hold = new Promise((resolve) => (answer = resolve));
    const p = await page(all);
    p.tell({ changes: { applications: [app('cart', '9')] } });
    await vi.advanceTimersByTimeAsync(100);
    answer();
    await vi.advanceTimersByTimeAsync(100);
    expect(p.names()?.[0]).toBe('cart 9');
    p.stop();
  });

  it('changes a column in place, and waits when columns come or go', async () => {
    const p = await page(all);
    p.tell({ changes: { environments: [{ name: 'staging', queued: 4 }] } });
    await vi.advanceTimersByTimeAsync(100);
    expect(p.overview().environments?.[0]?.queued).toBe(4);
    p.tell({ changes: { environments: [{ name: 'staging', queued: 5 }, { name: 'production' }] } });
    await vi.advanceTimersByTimeAsync(100);
    expect(p.overview().environments).toHaveLength(1);
    expect(waiting.of(all).size).toBe(1);
    p.stop();
  });

  it('is read anew when the server cannot tell what it was', async () => {
    const p = await page(all);
    server.rows = [app('other', '1')] as typeof server.rows;
    p.tell({ snapshotEnd: {} });
    await vi.advanceTimersByTimeAsync(100);
    expect(p.names()).toEqual(['other 1']);
    p.stop();
  });
});
