import { describe, expect, it } from 'vitest';
import type { Application, Environment } from '../api/types';
import { byWhom, sentences, spoken } from './cellWords';
import { columnsOf, foldedSearch, summaryOf } from './columns';
import { move, nextDifference } from './keys';
import { laneOf, stopOf } from './lane';
import { plannedCells } from './planned';
import { filterOf, isFiltered, overviewSearch, toggled } from './search';
import { between } from './useChosen';

const environment = (name: string, environmentGroup: string, priority: Environment['priority'] = 'PRIORITY_PRODUCTION'): Environment => ({ name, environmentGroup, priority });

describe('columns', () => {
  const small = [environment('dev', 'dev', 'PRIORITY_UPSTREAM'), environment('de', 'production'), environment('us', 'production')];
  const sandboxes = Array.from({ length: 12 }, (_, i) => environment(`box-${i}`, 'sandbox', 'PRIORITY_OTHER'));

  it('stand in the order of the chain, group by group', () => {
    const { columns, bands } = columnsOf([small[1] as Environment, small[0] as Environment, small[2] as Environment], {});
    expect(columns.map((c) => c.key)).toEqual(['de', 'us', 'dev']);
    expect(bands.map((b) => [b.group, b.from, b.to, b.foldable])).toEqual([
      ['production', 0, 2, true],
      ['dev', 2, 3, false],
    ]);
  });

  it('fold groups of priority other where there are many environments, and remember what people fold', () => {
    expect(columnsOf(sandboxes, {}).columns).toHaveLength(12);
    const many = columnsOf([...small, ...sandboxes], {});
    expect(many.columns.map((c) => c.key)).toEqual(['dev', 'de', 'us', '/sandbox']);
    const sandbox = many.bands.find((b) => b.group === 'sandbox');
    const unfolded = foldedSearch({}, sandbox as NonNullable<typeof sandbox>);
    expect(unfolded).toEqual({ fold: undefined, unfold: 'sandbox' });
    expect(columnsOf([...small, ...sandboxes], unfolded).columns).toHaveLength(15);
    expect(columnsOf(small, { fold: 'production,dev' }).columns.map((c) => c.key)).toEqual(['dev', '/production']);
  });

  it('sum up a folded group', () => {
    const app: Application = {
      deployments: [
        { environment: 'de', version: '2', upstreamVersion: '2' },
        { environment: 'us', version: '1', upstreamVersion: '2', hold: true, locks: [{ id: 'wide', scope: 'LOCK_SCOPE_ENVIRONMENT' }] },
        { environment: 'dev', version: '1', upstreamVersion: '2' },
      ],
    };
    expect(summaryOf(app, small.slice(1))).toEqual({ all: 2, same: 1, differing: ['us'], locked: 0, held: 1, queued: 0 });
  });
});

describe('keys', () => {
  const size = { rows: 100, columns: 5, page: 10 };
  it('move within the matrix, the name being left of the first column', () => {
    expect(move('ArrowLeft', false, { row: 0, column: 0 }, size)).toEqual({ row: 0, column: -1 });
    expect(move('ArrowLeft', false, { row: 0, column: -1 }, size)).toEqual({ row: 0, column: -1 });
    expect(move('ArrowUp', false, { row: 0, column: 2 }, size)).toEqual({ row: 0, column: 2 });
    expect(move('PageDown', false, { row: 95, column: 2 }, size)).toEqual({ row: 99, column: 2 });
    expect(move('End', true, { row: 3, column: 2 }, size)).toEqual({ row: 99, column: 4 });
    expect(move('Home', false, { row: 3, column: 2 }, size)).toEqual({ row: 3, column: -1 });
    expect(move('d', false, { row: 3, column: 2 }, size)).toBeUndefined();
  });

  it('find the next difference and the one before, row by row', () => {
    const { columns } = columnsOf([environment('a', 'a'), environment('b', 'b'), environment('c', 'c')], {});
    const rows: Application[] = [
      { deployments: [{ environment: 'b', version: '1', upstreamVersion: '2' }] },
      { deployments: [] },
      { deployments: [{ environment: 'a', version: '1', upstreamVersion: '2' }] },
    ];
    const at = (i: number) => rows[i];
    expect(nextDifference({ row: 0, column: 0 }, 1, columns, at)).toEqual({ row: 0, column: 1 });
    expect(nextDifference({ row: 0, column: 1 }, 1, columns, at)).toEqual({ row: 2, column: 0 });
    expect(nextDifference({ row: 2, column: 0 }, -1, columns, at)).toEqual({ row: 0, column: 1 });
    expect(nextDifference({ row: 2, column: 0 }, 1, columns, at)).toBeUndefined();
  });

  it('choose a rectangle', () => {
    expect(between({ row: 1, column: 2 }, { row: 0, column: 1 })).toHaveLength(4);
  });
});

describe('the lane', () => {
  const release = (version: string, environments = ['de']) => ({ version, environments });
  it('tells what a release is to an environment', () => {
    expect(stopOf(release('5'), 'de', { version: '5' })).toBe('runs');
    expect(stopOf(release('5'), 'de', { version: '10' })).toBe('passed');
    expect(stopOf(release('5'), 'us', { version: '10' })).toBe('none');
    expect(stopOf(release('5'), 'de', { version: '4', queuedVersion: '5' })).toBe('queued');
    expect(stopOf(release('5'), 'de', { version: '4', pendingVersion: '5' })).toBe('approval');
    expect(stopOf(release('5'), 'de', undefined)).toBe('none');
  });

  it('shows what is somewhere, then the newest, and says how many it leaves out', () => {
    const releases = ['9', '8', '7', '6', '5', '4'].map((v) => release(v));
    const { shown, folded } = laneOf(releases, [{ version: '5' }, { version: '8' }], 3);
    expect(shown.map((r) => r.version)).toEqual(['9', '8', '5']);
    expect(folded).toBe(2);
  });
});

describe('a cell', () => {
  const now = new Date('2026-11-20T12:00:00Z');
  it('says why, who, and until when', () => {
    const said = sentences(
      {
        version: '3',
        upstreamVersion: '5',
        behind: 2,
        deployedAt: '2026-11-20T10:00:00Z',
        deployedBy: { name: 'Anna Koch' },
        reason: 'release train morning',
        queuedVersion: '5',
        queuedBecause: 'application lock l-1',
        queuedAt: '2026-11-20T11:00:00Z',
        hold: true,
        holdReason: '13 loses carts',
        holdBy: { name: 'Rosa Stein' },
        locks: [{ id: 'l-1', scope: 'LOCK_SCOPE_APPLICATION', application: 'cart', environment: 'de', message: 'incident', createdBy: { name: 'Eva' }, expiresAt: '2026-11-20T16:00:00Z' }],
      },
      { name: 'de', upstreamEnvironment: 'staging' },
      now,
    ).map((s) => s.text);
    expect(said.some((t) => t.includes('by Anna Koch: release train morning'))).toBe(true);
    expect(said).toContainEqual(expect.stringMatching(/^Differs: staging runs 5, 2 releases behind$/));
    expect(said).toContainEqual(expect.stringMatching(/^5 queued since .* behind application lock l-1$/));
    expect(said).toContainEqual(expect.stringMatching(/^Lock l-1 on cart in de by Eva: incident; ends \d\d:00$/));
    expect(said).toContainEqual(expect.stringMatching(/^On hold by Rosa Stein: 13 loses carts/));
  });

  it('names who brought it in a word', () => {
    expect(byWhom({ deployedBy: { name: 'Anna Koch' } })).toBe('AK');
    expect(byWhom({ deployedBy: { name: 'Anna Koch' }, reason: 'release train' })).toBe('train');
    expect(spoken('cart', 'de', { version: '3', behind: 1, hold: true })).toBe('cart in de: runs 3, 1 behind, on hold');
  });

  it('shows what the tray would do there', () => {
    const planned = plannedCells([
      { action: { deploy: { application: 'cart', environment: 'de', version: '7' } }, title: 'Deploy cart 2.7.0 to de' },
      { action: { createLock: { application: 'cart', environment: 'us', id: 'x' } }, title: 'Lock cart in us' },
    ]);
    expect(planned.get('cart')?.get('de')).toEqual({ words: 'planned → 2.7.0', version: '7' });
    expect(planned.get('cart')?.get('us')?.words).toBe('planned → a lock');
  });
});

describe('the URL', () => {
  it('holds the filters, and leaves out what it does not know', () => {
    const search = overviewSearch({ q: 42, team: 'payments,platform', only: 'locked,sideways,stuck', tight: 'yes' });
    expect(search).toMatchObject({ q: '42', only: 'locked,stuck', tight: undefined });
    expect(filterOf(search)).toEqual({ search: '42', teams: ['payments', 'platform'], environments: undefined, only: ['locked', 'stuck'] });
    expect(isFiltered(overviewSearch({ tight: true }))).toBe(false);
    expect(toggled('a,b', 'b')).toBe('a');
    expect(toggled('a', 'a')).toBeUndefined();
  });
});
