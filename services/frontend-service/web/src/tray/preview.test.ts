import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Action } from '../api/types';
import { concerns, foresee, trainAfter } from './preview';

afterEach(() => vi.unstubAllGlobals());

const deploy = (version: string): Action => ({ deploy: { application: 'cart', environment: 'staging', version } });

/** A server that refuses version 99 and deploys every other. */
function server() {
  const asked: Action[][] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    expect(new URL(request.url).searchParams.get('dryRun')).toBe('true');
    const { actions } = (await request.json()) as { actions: Action[] };
    asked.push(actions);
    const at = actions.findIndex((a) => a.deploy?.version === '99');
    if (at >= 0) return Response.json({ kind: 'not_found', detail: 'cart has no release 99', actionIndex: at }, { status: 404 });
    const results = actions.map((a) => ({ deploy: { ...a.deploy, outcome: 'DEPLOY_OUTCOME_DEPLOYED' } }));
    return Response.json({ state: 'OPERATION_STATE_DONE', result: { batch: { results } } });
  });
  return asked;
}

describe('the preview of a plan', () => {
  it('shows what would be refused and, without it, what the others do', async () => {
    const asked = server();
    const seen = await foresee([deploy('2'), deploy('99'), deploy('3')]);
    expect(seen.map((f) => f.refused?.message ?? f.effect?.deployed)).toEqual([1, 'cart has no release 99', 1]);
    expect(asked).toHaveLength(2);
  });

  it('does not wait for the reason that the real thing demands', async () => {
    const asked = server();
    await foresee([{ deploy: { ...deploy('2').deploy, lockBehavior: 'LOCK_BEHAVIOR_IGNORE' } }]);
    expect(asked[0]?.[0]?.reason).toBeTruthy();
  });

  it('is asked for again when its application or an environment changed, and not otherwise', () => {
    const changes = (c: object) => ({ changes: c });
    expect(concerns(changes({ applications: [{ name: 'cart' }] }), deploy('2'))).toBe(true);
    expect(concerns(changes({ removedApplications: ['cart'] }), deploy('2'))).toBe(true);
    expect(concerns(changes({ environments: [{ name: 'staging' }] }), deploy('2'))).toBe(true);
    expect(concerns(changes({ applications: [{ name: 'payments' }] }), deploy('2'))).toBe(false);
    expect(concerns({ heartbeat: {} }, deploy('2'))).toBe(false);
    expect(concerns(changes({ applications: [{ name: 'payments' }] }), { runTrain: { target: 'staging' } })).toBe(true);
  });

  it('follows a lock to the train that meets it', () => {
    const on = (lock: object): Action => ({ createLock: { id: 'l1', message: 'why', ...lock } });
    expect(trainAfter(on({ environment: 'staging', application: 'cart' }))).toEqual({ target: 'staging', targetType: 'TRAIN_TARGET_ENVIRONMENT', applications: ['cart'] });
    expect(trainAfter(on({ environment: 'staging', team: 'shop' }))?.team).toBe('shop');
    expect(trainAfter(on({ environmentGroup: 'production' }))?.targetType).toBe('TRAIN_TARGET_ENVIRONMENT_GROUP');
    expect(trainAfter(on({ scope: 'LOCK_SCOPE_GLOBAL' }))).toBeUndefined();
    expect(trainAfter(deploy('2'))).toBeUndefined();
  });
});
