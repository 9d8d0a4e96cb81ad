import { describe, expect, it } from 'vitest';
import type { DeployResult } from '../api/types';
import { readOutcome } from './outcome';

const deployed = (application: string): DeployResult => ({ application, outcome: 'DEPLOY_OUTCOME_DEPLOYED', previousVersion: '1', version: '2' });
const queued = (application: string, because: string, frozenUntil?: string): DeployResult => ({ application, outcome: 'DEPLOY_OUTCOME_QUEUED', because, frozenUntil });
const same = (application: string): DeployResult => ({ application, outcome: 'DEPLOY_OUTCOME_SKIPPED', skipCause: 'SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION' });
const locked = (application: string): DeployResult => ({ application, outcome: 'DEPLOY_OUTCOME_SKIPPED', because: 'environment lock x', skipCause: 'SKIP_CAUSE_APP_IS_LOCKED_BY_ENV' });

const outcome = (...environments: { environment: string; because?: string; applications: DeployResult[] }[]) => readOutcome({ result: { runTrain: { environments } } });

describe('a preview of a train', () => {
  it('puts what moves first, and tells an application by the best that happens to it', () => {
    const read = outcome({ environment: 'de', applications: [deployed('shop'), same('cart')] }, { environment: 'us', applications: [queued('shop', 'application lock a'), same('cart')] });
    expect(read.rows.map((r) => [r.application, r.fate])).toEqual([['shop', 'move'], ['cart', 'skipped']]);
    expect(read.counts).toEqual({ move: 1, approval: 0, queued: 1, skipped: 2 });
  });
  it('tells a freeze over many applications once', () => {
    const read = outcome({ environment: 'us', applications: ['a', 'b', 'c'].map((n) => queued(n, 'freeze window evening', '2026-11-21T11:00:00Z')) });
    expect(read.causes).toEqual([{ environment: 'us', because: 'freeze window evening', count: 3, until: '2026-11-21T11:00:00Z', whole: false, approval: false }]);
    expect(read.rows.map((r) => r.because)).toEqual(['', '', '']);
  });
  it('tells a lock of one application beside it', () => {
    const read = outcome({ environment: 'us', applications: [queued('a', 'application lock pay')] }, { environment: 'de', applications: [deployed('a')] });
    expect(read.causes).toEqual([]);
    expect(read.rows[0]?.because).toBe('us: application lock pay');
  });
  it('says that an environment is left out, and holds its applications back', () => {
    const read = outcome({ environment: 'us', because: 'environment lock x', applications: [locked('a'), locked('b')] });
    expect(read.causes).toEqual([{ environment: 'us', because: 'environment lock x', count: 2, whole: true, approval: false }]);
    expect(read.counts.queued).toBe(2);
  });
  it('tells a request for approval of many applications once', () => {
    const asked = (application: string): DeployResult => ({ application, outcome: 'DEPLOY_OUTCOME_PENDING_APPROVAL', because: 'request for approval 1' });
    const read = outcome({ environment: 'us', applications: ['a', 'b', 'c'].map(asked) });
    expect(read.causes).toEqual([{ environment: 'us', because: 'request for approval 1', count: 3, until: undefined, whole: false, approval: true }]);
    expect(read.counts.approval).toBe(3);
  });
  it('groups what is skipped by its cause', () => {
    const read = outcome({ environment: 'de', applications: [same('a'), same('b'), { application: 'c', outcome: 'DEPLOY_OUTCOME_SKIPPED', skipCause: 'SKIP_CAUSE_APP_NOT_IN_SOURCE' }] });
    expect(read.skips).toEqual([{ words: 'Same version as the source', applications: ['a', 'b'] }, { words: 'Not in the source', applications: ['c'] }]);
  });
  it('calls versions what people call them, and by their number where they have no name', () => {
    const { name } = readOutcome({ displayVersions: { 'shop/12': '2.15.0' } });
    expect([name('shop', '12'), name('shop', '13'), name('shop', '0')]).toEqual(['2.15.0', '13', '']);
  });
  it('knows when running it makes no commit', () => expect(readOutcome({ result: { unchanged: true, runTrain: {} } }).acts).toBe(false));
});
