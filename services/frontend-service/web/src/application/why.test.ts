import { describe, expect, it } from 'vitest';
import { causesOf, standing } from './why';

const group = { id: 'thanksgiving', scope: 'LOCK_SCOPE_ENVIRONMENT_GROUP', environmentGroup: 'production' } as const;

describe('why an application waits', () => {
  it('tells a lock or a freeze of several environments once', () => {
    const frozen = { frozen: true, frozenBecause: 'US evening', frozenUntil: '2026-11-21T11:00:00Z' };
    const causes = causesOf(
      [
        { environment: 'production-de', version: '2', locks: [group], ...frozen },
        { environment: 'production-us', version: '2', locks: [group], ...frozen },
      ],
      [],
    );
    expect(causes.map((c) => c.kind)).toEqual(['freeze', 'lock']);
    expect(causes[0]).toMatchObject({ environments: ['production-de', 'production-us'] });
  });

  it('says for each queued version what holds it now, and when it goes', () => {
    const deployments = [{ environment: 'staging', version: '3', queuedVersion: '4', queuedBecause: 'lock pay-4711' }];
    expect(causesOf(deployments, [{ environment: 'staging', heldByNow: '' }])).toMatchObject([{ kind: 'queued', heldByNow: '' }]);
    expect(causesOf(deployments, [{ environment: 'other', heldByNow: 'x' }])[0]).toMatchObject({ heldByNow: undefined });
  });

  it('has nothing to tell where nothing holds', () => {
    expect(causesOf([{ environment: 'staging', version: '3' }], [])).toEqual([]);
  });
});

describe('where a deployment stands', () => {
  it('is told against its upstream', () => {
    expect(standing({ version: '5', upstreamVersion: '5' }, '', true)).toBe('newest release');
    expect(standing({ version: '5', upstreamVersion: '5' }, 'dev', false)).toBe('same as dev');
    expect(standing({ version: '3', upstreamVersion: '5', behind: 2 }, 'dev', false)).toBe('2 behind');
    expect(standing({ version: '6', upstreamVersion: '5' }, 'dev', false)).toBe('newer than dev');
    expect(standing(undefined, 'dev', false)).toBe('');
  });
});
