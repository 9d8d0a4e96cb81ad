// What the page of locks says about a lock.
import type { Action, DeleteLock, Environment, Lock, LockScope } from '../api/types';

/** Scopes from the widest to the narrowest, as words. */
export const SCOPES: { value: LockScope; label: string }[] = [
  { value: 'LOCK_SCOPE_GLOBAL', label: 'global stop' },
  { value: 'LOCK_SCOPE_ENVIRONMENT_GROUP', label: 'environment group' },
  { value: 'LOCK_SCOPE_ENVIRONMENT', label: 'environment' },
  { value: 'LOCK_SCOPE_TEAM', label: 'team in an environment' },
  { value: 'LOCK_SCOPE_APPLICATION', label: 'application' },
];

/** Unique among all locks. */
export function lockKey(lock: Lock): string {
  return [lock.scope, lock.environmentGroup, lock.environment, lock.team, lock.application, lock.id].join('/');
}

/** What is locked, as a title. */
export function lockTitle(lock: Lock): string {
  switch (lock.scope) {
    case 'LOCK_SCOPE_GLOBAL':
      return 'The whole line';
    case 'LOCK_SCOPE_ENVIRONMENT_GROUP':
      return lock.environmentGroup ?? '';
    case 'LOCK_SCOPE_TEAM':
      return `${lock.team} in ${lock.environment}`;
    case 'LOCK_SCOPE_APPLICATION':
      return `${lock.application} in ${lock.environment}`;
    default:
      return lock.environment ?? '';
  }
}

/** The kind of a lock and its id: "application, pay-4711". */
export function lockKind(lock: Lock): string {
  const scope = SCOPES.find((s) => s.value === lock.scope)?.label ?? 'environment';
  return lock.scope === 'LOCK_SCOPE_GLOBAL' ? scope : `${scope}, ${lock.id}`;
}

/** The widest first; equals by name, then by id. */
export function widestFirst(a: Lock, b: Lock): number {
  const rank = (l: Lock) => SCOPES.findIndex((s) => s.value === l.scope);
  return rank(a) - rank(b) || lockTitle(a).localeCompare(lockTitle(b)) || (a.id ?? '').localeCompare(b.id ?? '');
}

const UNIT: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** By how many seconds a lock is older than the lifetime that was suggested for it; 0 when it is not, or none was. */
export function overLifetime(lock: Lock, now: Date): number {
  const [, amount, unit] = /^(\d+)\s*([smhdw])$/.exec(lock.suggestedLifetime ?? '') ?? [];
  if (!amount || !unit || !lock.createdAt) return 0;
  const ends = new Date(lock.createdAt).getTime() + Number(amount) * (UNIT[unit] ?? 0) * 1000;
  return Math.max(0, Math.floor((now.getTime() - ends) / 1000));
}

/** Says whether a lock has something of what somebody looks for. */
export function lockMatches(lock: Lock, search: string): boolean {
  const text = [lockTitle(lock), lock.id, lock.message, lock.createdBy?.name, lock.createdBy?.email].join(' ').toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** What names a lock in a command. */
export function nameOf(lock: Lock): DeleteLock {
  const { scope, id, environment, environmentGroup, application, team } = lock;
  return { scope, id, environment, environmentGroup, application, team };
}

/** Releasing what waits where these locks are: one action for each place, wider ones swallow narrower ones. */
export function releasesBehind(locks: Lock[], environments: Environment[]): Action[] {
  if (locks.some((l) => l.scope === 'LOCK_SCOPE_GLOBAL')) return [{ releaseQueue: {} }];
  const whole = new Set<string>();
  for (const lock of locks) {
    if (lock.scope === 'LOCK_SCOPE_ENVIRONMENT' && lock.environment) whole.add(lock.environment);
    if (lock.scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP')
      for (const e of environments) if ((e.environmentGroup || e.name) === lock.environmentGroup && e.name) whole.add(e.name);
  }
  const narrow = locks.filter((l) => l.environment && !whole.has(l.environment) && (l.team || l.application));
  const unique = new Map(narrow.map((l) => [[l.environment, l.team, l.application].join('/'), l]));
  return [
    ...[...whole].sort().map((environment) => ({ releaseQueue: { environment } })),
    ...[...unique.values()].map(({ environment, team, application }) => ({ releaseQueue: { environment, team, application } })),
  ];
}
