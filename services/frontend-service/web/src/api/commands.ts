// The way to write: every command goes out here, once.
import { api, ask } from './client';
import type { paths } from './schema';
import type { Action, Operation, Preview } from './types';

/** How to carry out a command. */
export interface How {
  /** Why; stands in the history. */
  reason?: string;
  /** Decide and answer, write nothing. */
  dryRun?: boolean;
  /** The same key with the same command is carried out once, however often it is sent. Default: a key of its own. */
  key?: string;
}

/** One kind of command, as the field of Action that names it. */
export type Kind = Exclude<keyof Action, 'reason'>;

// Each kind has an address of its own; what stands in braces is taken out of the command.
const ADDRESS = {
  applyApplication: 'PUT /api/v1/applications/{application}',
  applyEnvironment: 'PUT /api/v1/environments/{environment}',
  applyEnvironmentGroup: 'PUT /api/v1/environment-groups/{environmentGroup}',
  approve: 'POST /api/v1/approvals/{environment}/{id}/approve',
  batch: 'POST /api/v1/batch',
  cleanUp: 'POST /api/v1/clean-up',
  createLock: 'POST /api/v1/locks',
  createRelease: 'POST /api/v1/applications/{application}/releases',
  createReleaseSet: 'POST /api/v1/release-sets',
  deleteEnvironment: 'POST /api/v1/environments/{environment}/delete',
  deleteLock: 'POST /api/v1/locks/{id}/delete',
  deleteReleaseSet: 'POST /api/v1/release-sets/{name}/delete',
  deploy: 'POST /api/v1/applications/{application}/environments/{environment}/deploy',
  hold: 'POST /api/v1/applications/{application}/environments/{environment}/hold',
  pauseTrain: 'POST /api/v1/timetable/{target}/{train}/pause',
  prepareUndeploy: 'POST /api/v1/applications/{application}/prepare-undeploy',
  reject: 'POST /api/v1/approvals/{environment}/{id}/reject',
  releaseQueue: 'POST /api/v1/queue/release',
  removeFromEnvironment: 'POST /api/v1/applications/{application}/environments/{environment}/remove',
  renderEnvironment: 'POST /api/v1/environments/{environment}/render',
  resume: 'POST /api/v1/applications/{application}/environments/{environment}/resume',
  resumeTrain: 'POST /api/v1/timetable/{target}/{train}/resume',
  runTrain: 'POST /api/v1/trains/{target}',
  undeploy: 'POST /api/v1/applications/{application}/undeploy',
} as const satisfies Partial<Record<Kind, `${'POST' | 'PUT'} ${string & keyof paths}`>>;

/** The kind of a command; an action has exactly one. */
export function kindOf(action: Action): Kind {
  const kind = (Object.keys(action) as (keyof Action)[]).find((k) => k !== 'reason' && action[k] !== undefined);
  return (kind ?? 'batch') as Kind;
}

/** Carries out one command and waits for its commit. A refusal is a Problem; so is an outcome that is not known yet. */
export function carryOut(action: Action, how: How = {}): Promise<Operation> {
  const kind = kindOf(action);
  const address = ADDRESS[kind as keyof typeof ADDRESS];
  if (!address) return Promise.reject(new Error(`${kind} is a command of the clock`));
  const [method = 'POST', path = ''] = address.split(' ');
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const fields: Record<string, unknown> = { ...action[kind] };
  const names = Object.fromEntries(named.map((name) => [name, fields[name] ?? '']));
  const body = Object.fromEntries(Object.entries(fields).filter(([name]) => !named.includes(name)));
  const query = {
    reason: (how.reason ?? action.reason) || undefined,
    dryRun: how.dryRun || undefined,
    idempotencyKey: how.dryRun ? undefined : (how.key ?? crypto.randomUUID()),
  };
  // The table above is checked against the document; what one call takes is not known to the type system any more.
  const init = { params: { path: names, query }, body } as never;
  return ask(api.request(method.toLowerCase() as 'post', path as '/api/v1/batch', init));
}

/** Says what a deployment or a train would do now, with commits, sizes of the diffs and the effect on the next trains. */
export function preview(action: Pick<Action, 'deploy' | 'runTrain'>, reason: string, diffs: boolean, signal?: AbortSignal): Promise<Preview> {
  return ask(api.POST('/api/v1/preview', { signal, body: { ...action, reason, withoutDiffs: !diffs } }));
}

/** Reads how a command ended. */
export function operation(id: string, signal?: AbortSignal): Promise<Operation> {
  return ask(api.GET('/api/v1/operations/{id}', { signal, params: { path: { id } } }));
}
