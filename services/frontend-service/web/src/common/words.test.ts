import { describe, expect, it } from 'vitest';
import { ago } from './Ago';
import { marksOf } from './Marks';
import { differs, initials, newerThanUpstream, versionName } from './words';

describe('words', () => {
  it('calls a version by its display version when it has one', () => {
    expect(versionName('12', '2.15.0')).toBe('2.15.0');
    expect(versionName('12')).toBe('12');
    expect(versionName('0')).toBe('');
  });

  it('takes initials from names and mail addresses', () => {
    expect(initials({ name: 'Anna Koch' })).toBe('AK');
    expect(initials({ email: 'rosa.stein@example.com' })).toBe('RS');
    expect(initials(undefined)).toBe('');
  });

  it('says ages the short way', () => {
    const now = new Date('2026-11-20T12:00:00Z');
    const at = (s: string) => ago(new Date(s), now);
    expect(at('2026-11-20T11:59:20Z')).toBe('40 s');
    expect(at('2026-11-20T11:41:00Z')).toBe('19 min');
    expect(at('2026-11-20T10:00:00Z')).toBe('2 h');
    expect(at('2026-11-11T12:00:00Z')).toBe('9 d');
    expect(at('2026-11-20T12:00:05Z')).toBe('0 s');
  });

  it('compares versions as numbers, also beyond 2^53', () => {
    const d = { version: '9007199254740993', upstreamVersion: '9007199254740992' };
    expect(differs(d)).toBe(true);
    expect(newerThanUpstream(d)).toBe(true);
    expect(newerThanUpstream({ version: '9', upstreamVersion: '10' })).toBe(false);
  });
});

describe('a cell', () => {
  it('shows locks first and at most what is true', () => {
    const marks = marksOf({ version: '3', upstreamVersion: '2', hold: true, locks: [{ id: 'l1', scope: 'LOCK_SCOPE_APPLICATION', application: 'cart', environment: 'staging', message: 'why' }] });
    expect(marks.map((m) => m.key)).toEqual(['lock', 'hold', 'newer']);
    expect(marksOf({ version: '3', upstreamVersion: '3' })).toEqual([]);
    expect(marksOf({ version: '3', locks: [{ id: 'l1', scope: 'LOCK_SCOPE_ENVIRONMENT', environment: 'staging' }] })).toEqual([]);
    expect(marksOf({ version: '3', locks: [{ id: 'l1', scope: 'LOCK_SCOPE_ENVIRONMENT', environment: 'staging' }] }, true)).toHaveLength(1);
  });
});
