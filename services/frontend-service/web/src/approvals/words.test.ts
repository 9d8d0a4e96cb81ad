import { describe, expect, it } from 'vitest';
import { mayApprove, wanted } from './words';

describe('a request for approval', () => {
  it('says who may approve', () => {
    expect(mayApprove({ approvers: ['role:release-manager', 'anna@example.com'] })).toBe('Anyone with the role release-manager, or anna@example.com');
    expect(mayApprove({ notAuthor: true })).toBe('Everybody; neither who asked nor who wrote one of the releases');
  });
  it('says what it would deploy', () => {
    expect(wanted({ changes: [{ application: 'checkout', version: '12', displayVersion: '2.15.0' }] })).toBe('checkout 2.15.0');
    expect(wanted({ changes: [{ application: 'checkout', version: '12' }, { application: 'cart', version: '3' }] })).toBe('2 applications');
  });
});
