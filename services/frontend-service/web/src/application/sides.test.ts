import { describe, expect, it } from 'vitest';
import { environmentOf, firstLook, runsIn, versionOf } from './sides';

const deployments = [
  { environment: 'dev', version: '5' },
  { environment: 'staging', version: '4', behind: 1 },
  { environment: 'production', version: '2', behind: 3 },
];

describe('what is compared', () => {
  it('is a version, or what runs somewhere now', () => {
    expect(versionOf('12', deployments)).toBe('12');
    expect(versionOf(runsIn('staging'), deployments)).toBe('4');
    expect(versionOf(runsIn('elsewhere'), deployments)).toBe('0');
    expect(environmentOf('12')).toBeUndefined();
  });

  it('begins with the environment that is furthest behind', () => {
    expect(firstLook(deployments, ['dev', 'staging', 'production'])).toBe('production');
    expect(firstLook([{ environment: 'dev', version: '5' }, { environment: 'staging', version: '5' }], ['dev', 'staging', 'production'])).toBe('staging');
    expect(firstLook([], ['dev'])).toBe('dev');
  });
});
