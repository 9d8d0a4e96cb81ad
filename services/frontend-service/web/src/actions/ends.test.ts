import { describe, expect, it } from 'vitest';
import { readEnd } from './Ends';
import { endOf, endProblem, lasts, lifetimeProblem, zoneName } from './ends';

const now = new Date('2026-11-20T22:30:40');

describe('when a lock ends', () => {
  it('is never, in some hours, tomorrow morning, or exactly then, on the clock of who looks', () => {
    expect(endOf('never', '', now)).toBeUndefined();
    expect(endOf('4h', '', now)).toEqual(new Date('2026-11-21T02:30:40'));
    expect(endOf('morning', '', now)).toEqual(new Date('2026-11-21T09:00:00'));
    expect(endOf('exact', '2026-11-23T06:00', now)).toEqual(new Date('2026-11-23T06:00:00'));
  });

  it('is a time to come', () => {
    expect(endProblem('exact', endOf('exact', '', now), now)).toBe('Fill in when the lock ends.');
    expect(endProblem('exact', endOf('exact', '2026-11-20T22:00', now), now)).toContain('ended already');
    expect(endProblem('exact', endOf('exact', '2026-11-20T23:00', now), now)).toBeUndefined();
  });

  it('is said with how long that is', () => {
    expect(lasts(now, new Date('2026-11-20T23:10:40'))).toBe('40 min');
    expect(lasts(now, new Date('2026-11-21T02:35:40'))).toBe('4 h 05 min');
    expect(lasts(now, new Date('2026-11-22T22:30:40'))).toBe('2 d');
    expect(zoneName('America/New_York')).toBe('New York');
  });

  it('is whole minutes, so that the same choice asks for the same lock', () => {
    const end = (seconds: string) => readEnd({ preset: '1h', exact: '', lifetime: '' }, new Date(`2026-11-20T22:30:${seconds}`)).expiresAt;
    expect(end('01')).toBe(end('59'));
  });

  it('or people say how long it should last', () => {
    expect(readEnd({ preset: 'never', exact: '', lifetime: '2d' }, now)).toEqual({ expiresAt: undefined, suggestedLifetime: '2d' });
    expect(readEnd({ preset: '1h', exact: '', lifetime: '2d' }, now).suggestedLifetime).toBeUndefined();
    expect(lifetimeProblem('two days')).toContain('4h, 2d, 1w');
    expect(lifetimeProblem('0d')).toBeTruthy();
  });
});
