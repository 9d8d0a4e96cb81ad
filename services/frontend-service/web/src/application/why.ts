// Why an application is not where it could be: each cause once, with the environments it acts on.
import type { Deployment, Lock } from '../api/types';
import { isQueued, lockScope, runs, versionName } from '../common/words';

/** A version of the queue, as far as the sentence needs it. */
export interface Waiting {
  environment?: string;
  heldByNow?: string;
  goesAt?: string;
}

/** One reason. */
export type Cause =
  | { kind: 'lock'; key: string; lock: Lock }
  | { kind: 'freeze'; key: string; environments: string[]; because: string; until?: string }
  | { kind: 'hold'; key: string; deployment: Deployment }
  | { kind: 'approval'; key: string; deployment: Deployment }
  | { kind: 'queued'; key: string; deployment: Deployment; heldByNow?: string; goesAt?: string }
  | { kind: 'edited'; key: string; environment: string };

/** Everything that holds an application back or needs a look, in the order of the chain: freezes and locks first, each told once. */
export function causesOf(deployments: Deployment[], queue: Waiting[]): Cause[] {
  const freezes = new Map<string, Extract<Cause, { kind: 'freeze' }>>();
  const locks = new Map<string, Extract<Cause, { kind: 'lock' }>>();
  const rest: Cause[] = [];
  for (const d of deployments) {
    const environment = d.environment ?? '';
    if (d.frozen) {
      const key = `freeze ${d.frozenBecause} ${d.frozenUntil}`;
      const freeze = freezes.get(key) ?? { kind: 'freeze', key, environments: [], because: d.frozenBecause ?? '', until: d.frozenUntil };
      freeze.environments.push(environment);
      freezes.set(key, freeze);
    }
    for (const lock of d.locks ?? []) {
      const key = `lock ${lock.scope} ${lockScope(lock)} ${lock.id}`;
      locks.set(key, { kind: 'lock', key, lock });
    }
    if (d.hold) rest.push({ kind: 'hold', key: `hold ${environment}`, deployment: d });
    if (d.pendingVersion && d.pendingVersion !== '0') rest.push({ kind: 'approval', key: `approval ${environment}`, deployment: d });
    if (isQueued(d)) {
      const waits = queue.find((q) => q.environment === environment);
      rest.push({ kind: 'queued', key: `queued ${environment}`, deployment: d, heldByNow: waits?.heldByNow, goesAt: waits?.goesAt });
    }
    if (d.editedByHand) rest.push({ kind: 'edited', key: `edited ${environment}`, environment });
  }
  return [...freezes.values(), ...locks.values(), ...rest];
}

/** How a deployment compares with where it comes from, in two or three words. */
export function standing(d: Deployment | undefined, upstream: string, latest: boolean): string {
  if (!d || !runs(d)) return '';
  if (d.behind) return `${d.behind} behind`;
  if (!d.upstreamVersion || d.upstreamVersion === '0') return '';
  if (d.upstreamVersion === d.version) return latest ? 'newest release' : `same as ${upstream}`;
  return BigInt(d.version ?? '0') > BigInt(d.upstreamVersion) ? `newer than ${upstream || 'upstream'}` : '';
}

export const queuedName = (d: Deployment) => versionName(d.queuedVersion, d.queuedDisplayVersion);
