import { describe, expect, it } from 'vitest';
import type { Environment } from '../api/types';
import { concerns, signalOf, signalOfAll } from './signal';

const staging: Environment = { name: 'staging' };
const locked: Environment = { name: 'de', locks: [{ id: 'x', scope: 'LOCK_SCOPE_ENVIRONMENT' }] };
const frozen: Environment = { name: 'us', freezes: [{ window: 'evening' }] };

describe('the signal before an environment', () => {
  it('is clear, or says what holds it', () => {
    expect(signalOf(staging)).toMatchObject({ clear: true, word: 'Clear' });
    expect(signalOf(locked)).toMatchObject({ clear: false, word: 'Locked' });
    expect(signalOf(frozen)).toMatchObject({ clear: false, word: 'Freeze' });
  });
  it('says the strongest cause', () => expect(signalOf({ ...locked, problem: 'not JSON' }, { id: 'stop' }).word).toBe('Problem'));
  it('is clear while a freeze concerns only some', () => expect(signalOf({ freezes: [{ window: 'payday', teams: ['payments'] }] }).clear).toBe(true));
  it('speaks for many that are drawn as one', () => {
    expect(signalOfAll([staging, staging]).word).toBe('Clear');
    expect(signalOfAll([staging, locked, frozen]).word).toBe('2 held');
    expect(signalOfAll([locked, locked]).word).toBe('Locked');
  });
});

it('a freeze says whom it concerns', () => {
  expect(concerns({ teams: ['payments'], applications: ['cart', 'shop'] })).toBe('team payments and cart, shop');
  expect(concerns({})).toBe('everybody');
});
