import { describe, expect, it } from 'vitest';
import { laneState, laneWords, nameFor, ranIn } from './lane';

const release = { version: '5', displayVersion: '2.5.0', environments: ['staging'] };

describe('the lane', () => {
  it('tells what a release is to an environment', () => {
    expect(laneState(release, { version: '5' }, 'staging')).toBe('runs');
    expect(laneState(release, { version: '4', queuedVersion: '5' }, 'staging')).toBe('queued');
    expect(laneState(release, { version: '4', pendingVersion: '5' }, 'staging')).toBe('approval');
    expect(laneState(release, { version: '4', queuedVersion: '5' }, 'staging', { planned: true })).toBe('planned');
    expect(laneState(release, undefined, 'staging')).toBe('none');
  });

  it('says that a release passed only where it ran', () => {
    expect(laneState(release, { version: '10' }, 'staging', { ran: true })).toBe('passed');
    expect(laneState(release, { version: '10' }, 'staging', { ran: false })).toBe('none');
    expect(laneState(release, { version: '10' }, 'staging')).toBe('passed');
    expect(laneState(release, { version: '10' }, 'production')).toBe('none');
  });

  it('says that a release was taken back where an older one runs now', () => {
    expect(laneState(release, { version: '4' }, 'staging', { ran: true })).toBe('back');
    expect(laneWords(release, 'staging', 'back')).toBe('2.5.0 was taken back in staging');
  });

  it('learns from the deployments where a version has been', () => {
    const ran = ranIn([{ environment: 'staging', version: '5' }, { environment: 'staging', version: '0' }, { environment: 'production', version: '4' }]);
    expect(ran.get('staging')).toEqual(new Set(['5']));
    expect(ran.get('production')?.has('5')).toBe(false);
  });

  it('has heads that fit', () => {
    expect(['dev', 'staging', 'production-de', 'prod-eu-west1'].map((name) => nameFor(name, 42))).toEqual(['dev', 'stag', 'p-de', 'pe-wes']);
    expect(nameFor('production-de', 84)).toBe('production-de');
  });
});
