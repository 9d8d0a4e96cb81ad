import { describe, expect, it } from 'vitest';
import type { Action, DeployResult } from '../api/types';
import { effectOf, inWords, sentence, sum } from './effect';
import { reverseOf } from './reverse';
import { storyOf } from './story';

const deploy = (lockBehavior?: 'LOCK_BEHAVIOR_IGNORE'): Action => ({ deploy: { application: 'cart', environment: 'staging', version: '3', lockBehavior } });
const result = (d: DeployResult) => ({ deploy: { application: 'cart', environment: 'staging', version: '3', previousVersion: '2', ...d } });

describe('the effect of a deployment', () => {
  it('is deployed, queued, to approve, or nothing', () => {
    expect(effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_DEPLOYED' }))).toMatchObject({ deployed: 1, queued: 0, backwards: false });
    const queued = effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_QUEUED', because: 'application lock l1' }));
    expect(queued).toMatchObject({ deployed: 0, queued: 1, heldBy: 'application lock l1' });
    expect(queued.lines).toEqual(['Queued behind application lock l1.']);
    expect(effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_PENDING_APPROVAL' })).toApprove).toBe(1);
    expect(effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_UNCHANGED' })).lines).toEqual(['Nothing changes: it runs already.']);
  });

  it('says that what a freeze holds goes by itself', () => {
    const frozen = effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_QUEUED', because: 'freeze weekend', frozenUntil: '2026-11-23T06:00:00Z' }));
    expect(frozen.lines.join(' ')).toContain('Goes by itself when the freeze ends.');
  });

  it('differs when the same version would replace another one', () => {
    const from = (previousVersion: string) => inWords(effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_DEPLOYED', previousVersion })));
    expect(from('1')).not.toBe(from('2'));
  });
});

describe('what a person is asked', () => {
  it('is a reason for a roll back, also when it only waits, and the button is red', () => {
    const back = effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_QUEUED', previousVersion: '10', because: 'a lock' }));
    expect(storyOf(deploy(), back, '2.1.0')).toMatchObject({ verb: 'Roll back to 2.1.0', danger: true });
    expect(storyOf(deploy(), back, '2.1.0').demands).toBeTruthy();
  });

  it('is a reason for breaking the glass', () => {
    const through = effectOf(deploy('LOCK_BEHAVIOR_IGNORE'), result({ outcome: 'DEPLOY_OUTCOME_DEPLOYED', locks: [{ id: 'l1' }] }));
    expect(through.lines).toContain('Goes through lock l1.');
    expect(storyOf(deploy('LOCK_BEHAVIOR_IGNORE'), through, '3')).toMatchObject({ danger: true, verb: 'Deploy 3 through what holds it' });
  });

  it('is nothing for a plain deployment', () => {
    const plain = effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_DEPLOYED' }));
    expect(storyOf(deploy(), plain, '3')).toEqual({ verb: 'Deploy 3', danger: false, rows: [] });
  });

  it.each<Action>([
    { deleteLock: { scope: 'LOCK_SCOPE_GLOBAL', id: 'stop' } },
    { deleteLock: { scope: 'LOCK_SCOPE_ENVIRONMENT', id: 'l1', environment: 'staging' } },
    { removeFromEnvironment: { application: 'cart', environment: 'staging' } },
    { undeploy: { application: 'cart', atOnce: true } },
    { deleteEnvironment: { environment: 'staging' } },
    { deleteReleaseSet: { name: 'friday' } },
  ])('is a reason, with how to undo it: %j', (action) => {
    const story = storyOf(action, undefined, '');
    expect(story.danger && story.demands).toBeTruthy();
    expect(story.rows.map(([name]) => name)).toContain('To undo');
  });
});

describe('the sum before the click', () => {
  it('counts over all actions and says when nothing is deployed', () => {
    const effects = [
      effectOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_QUEUED', because: 'a lock' })),
      effectOf({ createLock: { id: 'l1' } }, { createLock: { locks: [{ id: 'l1' }] } }),
    ];
    expect(sentence(sum(effects))).toBe('1 queued, 1 lock set, nothing deployed now');
  });

  it('tells a train by environment, and why something waits', () => {
    const train = effectOf(
      { runTrain: { target: 'production' } },
      {
        runTrain: {
          environments: [
            { environment: 'de', applications: [{ application: 'cart', outcome: 'DEPLOY_OUTCOME_DEPLOYED' }, { application: 'pay', outcome: 'DEPLOY_OUTCOME_QUEUED', because: 'application lock l1' }] },
            { environment: 'us', because: 'environment lock x', applications: [] },
          ],
        },
      },
    );
    expect(train.lines).toEqual(['de: 1 deployed, 1 queued.', 'us: skipped, environment lock x.', 'Behind application lock l1: pay.']);
  });
});

describe('the reverse', () => {
  it('takes back a batch from its end', () => {
    const batch: Action = { batch: { actions: [deploy(), { createLock: { scope: 'LOCK_SCOPE_ENVIRONMENT', id: 'l1', environment: 'staging', message: 'why' } }] } };
    const done = { batch: { results: [result({ outcome: 'DEPLOY_OUTCOME_DEPLOYED' }), { createLock: { locks: [{ id: 'l1' }] } }] } };
    expect(reverseOf(batch, done).map((p) => p.action)).toMatchObject([
      { deleteLock: { scope: 'LOCK_SCOPE_ENVIRONMENT', id: 'l1', environment: 'staging' } },
      { deploy: { application: 'cart', environment: 'staging', version: '2' } },
    ]);
  });

  it('has nothing for what was only queued, or ran nowhere before', () => {
    expect(reverseOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_QUEUED' }))).toEqual([]);
    expect(reverseOf(deploy(), result({ outcome: 'DEPLOY_OUTCOME_DEPLOYED', previousVersion: undefined }))).toEqual([]);
  });
});
