import { describe, expect, it } from 'vitest';
import type { Lock } from '../api/types';
import { lockMatches, overLifetime, releasesBehind, widestFirst } from './words';

const application: Lock = { scope: 'LOCK_SCOPE_APPLICATION', environment: 'production-de', application: 'payments', id: 'pay-4711', message: 'payment errors' };
const environment: Lock = { scope: 'LOCK_SCOPE_ENVIRONMENT', environment: 'production-de', id: 'cut-over' };
const group: Lock = { scope: 'LOCK_SCOPE_ENVIRONMENT_GROUP', environmentGroup: 'production', id: 'audit' };
const stop: Lock = { scope: 'LOCK_SCOPE_GLOBAL', id: 'stop' };
const environments = [{ name: 'production-de', environmentGroup: 'production' }, { name: 'production-us', environmentGroup: 'production' }, { name: 'staging' }];

describe('locks', () => {
  it('stand widest first', () => expect([application, environment, group, stop].sort(widestFirst)).toEqual([stop, group, environment, application]));
  it('are found by every word of what somebody remembers', () => {
    expect(lockMatches(application, 'payment production')).toBe(true);
    expect(lockMatches(application, 'payment staging')).toBe(false);
  });
  it('say when they are older than they were meant to be', () => {
    const lock = { ...application, createdAt: '2026-11-18T00:00:00Z', suggestedLifetime: '1d' };
    expect(overLifetime(lock, new Date('2026-11-20T00:00:00Z'))).toBe(86_400);
    expect(overLifetime(lock, new Date('2026-11-18T12:00:00Z'))).toBe(0);
    expect(overLifetime(application, new Date())).toBe(0);
  });
});

describe('releasing the queue behind locks', () => {
  it('asks for each place', () => expect(releasesBehind([application], environments)).toEqual([{ releaseQueue: { environment: 'production-de', application: 'payments', team: undefined } }]));
  it('asks once for an environment and what is in it', () => expect(releasesBehind([application, environment], environments)).toEqual([{ releaseQueue: { environment: 'production-de' } }]));
  it('takes a group apart', () => expect(releasesBehind([group], environments).map((a) => a.releaseQueue?.environment)).toEqual(['production-de', 'production-us']));
  it('asks for everything behind the stop', () => expect(releasesBehind([application, stop], environments)).toEqual([{ releaseQueue: {} }]));
});
