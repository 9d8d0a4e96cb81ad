import { beforeEach, describe, expect, it } from 'vitest';
import { TrayStore } from './store';

const deploy = (version: string, environment = 'staging') => ({
  title: `Deploy cart ${version} to ${environment}`,
  action: { deploy: { application: 'cart', environment, version } },
});
const lock = { title: 'Lock cart', action: { createLock: { scope: 'LOCK_SCOPE_APPLICATION' as const, id: 'l1', environment: 'staging', application: 'cart', message: 'why' } } };
const unlock = { title: 'Delete lock l1', action: { deleteLock: { scope: 'LOCK_SCOPE_APPLICATION' as const, id: 'l1', environment: 'staging', application: 'cart' } } };

/** The storage of a browser, shared by its tabs. */
function browser() {
  const kept = new Map<string, string>();
  return { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
}

let storage = browser();
beforeEach(() => {
  storage = browser();
});
const titles = (t: TrayStore) => t.snapshot().cards.map((c) => c.title);

describe('the tray', () => {
  it('holds one action for each place: the second deployment of a cell takes the place of the first', () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    tray.add(deploy('2', 'production'));
    tray.add(deploy('3'));
    tray.add(lock);
    expect(titles(tray)).toEqual(['Deploy cart 3 to staging', 'Deploy cart 2 to production', 'Lock cart']);
    tray.add(unlock);
    expect(titles(tray).at(-1)).toBe('Delete lock l1');
  });

  it('survives a reload, with its reason', () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    tray.setReason('incident 4711');
    const reloaded = new TrayStore(storage);
    expect(titles(reloaded)).toEqual(['Deploy cart 2 to staging']);
    expect(reloaded.snapshot().reason).toBe('incident 4711');
  });

  it('starts empty where another version of the page left something it cannot read', () => {
    storage.setItem('signalbox.tray', JSON.stringify({ version: 99, cards: [{}] }));
    expect(new TrayStore(storage).snapshot().cards).toEqual([]);
    storage.setItem('signalbox.tray', '{broken');
    expect(new TrayStore(storage).snapshot().cards).toEqual([]);
  });

  it('is the same in two tabs', () => {
    const [one, two] = [new TrayStore(storage), new TrayStore(storage)];
    let told = 0;
    two.subscribe(() => told++);
    one.add(deploy('2'));
    two.heard({ key: 'something else' });
    expect(titles(two)).toEqual([]);
    two.heard({ key: 'signalbox.tray' });
    expect(titles(two)).toEqual(titles(one));
    expect(told).toBe(1);
  });

  it('works in a browser that keeps nothing', () => {
    const tray = new TrayStore({ getItem: () => null, setItem: () => { throw new Error('full'); } });
    tray.add(deploy('2'));
    expect(titles(tray)).toHaveLength(1);
  });
});

describe('carrying out the plan', () => {
  it('sends the same cards under the same key until the outcome is known, and another key after that', () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    tray.setReason('why');
    const first = tray.attempt();
    const reloaded = new TrayStore(storage);
    expect(reloaded.attempt()).toEqual(first);
    reloaded.ended(false);
    expect(reloaded.attempt().attempt.key).not.toBe(first.attempt.key);
  });

  it('leaves what is sent as it is, and takes what is planned meanwhile beside it', () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    const { attempt, cards } = tray.attempt();
    tray.add(deploy('3'));
    tray.remove(attempt.ids[0] ?? '');
    tray.change(attempt.ids[0] ?? '', deploy('9').action);
    expect(tray.attempt().cards).toEqual(cards);
    tray.ended(true);
    expect(titles(tray)).toEqual(['Deploy cart 3 to staging']);
  });

  it('is as it was after a refusal', () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    tray.add(lock);
    tray.setReason('why');
    const before = tray.snapshot();
    tray.attempt();
    tray.ended(false);
    expect(tray.snapshot()).toEqual(before);
  });

  it('forgets the reason with the last card', () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    tray.setReason('why');
    tray.attempt();
    tray.ended(true);
    expect(tray.snapshot()).toEqual({ cards: [], reason: '' });
  });
});

describe('somebody else changes the state', () => {
  const planned = () => {
    const tray = new TrayStore(storage);
    tray.add(deploy('2'));
    const id = tray.snapshot().cards[0]?.id ?? '';
    tray.saw(new Map([[id, 'Deployed at once.']]), false);
    return { tray, id };
  };
  const changedFrom = (tray: TrayStore) => tray.snapshot().cards[0]?.changedFrom;

  it('and the card says what it did when it was planned, until somebody has looked', () => {
    const { tray, id } = planned();
    expect(changedFrom(tray)).toBeUndefined();
    tray.saw(new Map([[id, 'Queued behind lock l1.']]), false);
    tray.saw(new Map([[id, 'Queued behind lock l2.']]), false);
    expect(changedFrom(tray)).toBe('Deployed at once.');
    tray.looked(id);
    expect(changedFrom(tray)).toBeUndefined();
  });

  it('and back again: there is nothing to look at', () => {
    const { tray, id } = planned();
    tray.saw(new Map([[id, 'Queued behind lock l1.']]), false);
    tray.saw(new Map([[id, 'Deployed at once.']]), false);
    expect(changedFrom(tray)).toBeUndefined();
  });

  it('while the page was closed', () => {
    const { id } = planned();
    const reloaded = new TrayStore(storage);
    reloaded.saw(new Map([[id, 'Queued behind lock l1.']]), false);
    expect(changedFrom(reloaded)).toBe('Deployed at once.');
  });

  it('but what the person changes in the tray is no surprise', () => {
    const { tray, id } = planned();
    tray.saw(new Map([[id, 'Nothing changes: it runs already.']]), true);
    expect(changedFrom(tray)).toBeUndefined();
  });
});
