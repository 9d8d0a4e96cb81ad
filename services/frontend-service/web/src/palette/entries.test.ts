import { describe, expect, it } from 'vitest';
import { trainTo } from '../actions/TrainDialog';
import { actionEntries, applicationEntries, environmentEntries, matching, pageEntries, recentEntries, remember, searchWord } from './entries';

const applications = [{ name: 'checkout', team: 'payments' }];
const environments = [{ name: 'dev', latest: true }, { name: 'staging', upstreamEnvironment: 'dev' }];
const groups = [{ name: 'production', environments: ['de', 'us'] }, { name: 'staging', environments: ['staging'] }];
const all = [...applicationEntries(applications), ...environmentEntries(environments), ...actionEntries(applications, environments, groups), ...pageEntries((p) => p !== '/approvals')];
const found = (text: string) => matching(all, text).map((e) => e.label);

describe('the palette', () => {
  it('finds what to do by the words in any order', () => {
    expect(found('deploy checkout')).toEqual(['Deploy checkout…']);
    expect(found('staging lock')).toEqual(['Lock staging…']);
    expect(found('train prod')).toEqual(['Run train to production…']);
  });

  it('puts what begins with the text first', () => {
    expect(found('check')[0]).toBe('checkout');
    expect(found('nothing like it')).toEqual([]);
  });

  it('offers trains only where an upstream is', () => {
    expect(found('train dev')).toEqual([]);
    expect(found('run train staging')).toEqual(['Run train to staging…']);
  });

  it('knows the pages that exist', () => {
    expect(found('page').includes('Approvals')).toBe(false);
    expect(found('history')).toEqual(['History']);
  });

  it('asks the server for the name, not for the verb', () => {
    expect(searchWord('deploy check')).toBe('check');
    expect(searchWord('checkout deploy')).toBe('checkout');
    expect(searchWord('deploy')).toBe('deploy');
    expect(searchWord('')).toBe('');
  });

  it('remembers what was chosen last, once each', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
    for (const entry of [...all.slice(0, 8), ...all.slice(0, 1)]) remember(entry, storage);
    const recent = recentEntries(storage);
    expect(recent[0]?.id).toBe(all[0]?.id);
    expect(new Set(recent.map((e) => e.id)).size).toBe(6);
    kept.set('signalbox.recent', 'broken');
    expect(recentEntries(storage)).toEqual([]);
  });
});

describe('the fields of a train', () => {
  const empty = { team: '', applications: '', set: '', revision: '', from: '' };
  it('become the command', () => {
    expect(trainTo('group:production', 'upstream', empty, false).action.runTrain).toEqual({ target: 'production', targetType: 'TRAIN_TARGET_ENVIRONMENT_GROUP' });
    expect(trainTo('environment:de', 'set', { ...empty, set: 'friday', team: ' shop ', applications: 'cart, pay' }, true).action.runTrain).toEqual({
      target: 'de',
      targetType: 'TRAIN_TARGET_ENVIRONMENT',
      team: 'shop',
      applications: ['cart', 'pay'],
      whole: true,
      source: { releaseSet: 'friday' },
    });
    expect(trainTo('environment:de', 'revision', { ...empty, revision: 'v1', from: 'de' }, false).action.runTrain?.source).toEqual({ revision: 'v1', environment: 'de' });
  });
});
