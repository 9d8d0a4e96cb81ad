import type { Actor } from './actor';
import type { Deployment, Environment, Lock, Release } from '../api/types';

/** What people call a version: its display version when it has one, else the number. */
export function versionName(version?: string, display?: string): string {
  if (display) return display;
  return version && version !== '0' ? version : '';
}

export function releaseName(r: Release): string {
  return versionName(r.version, r.displayVersion);
}

/** The initials of a name, at most two; falls back to the mail address. */
export function initials(actor?: Actor): string {
  const name = actor?.name || actor?.email || '';
  if (name.length <= 3) return name.toUpperCase(); // CI is CI
  const parts = name.split(/[\s._@-]+/).filter(Boolean);
  return ((parts[0]?.[0] ?? '') + (parts.length > 1 ? (parts[1]?.[0] ?? '') : '')).toUpperCase();
}

export function runs(d?: Deployment): boolean {
  return !!d?.version && d.version !== '0';
}

export function isQueued(d?: Deployment): boolean {
  return !!d?.queuedVersion && d.queuedVersion !== '0';
}

/** Says whether a version waits for approval. */
export function isPending(d?: Deployment): boolean {
  return !!d?.pendingVersion && d.pendingVersion !== '0';
}

/** Says whether a train brought what runs. */
export function cameByTrain(d: Deployment): boolean {
  return (d.reason ?? '').startsWith('release train');
}

/** Says whether the record of a deployment cannot be read. */
export function isBroken(d: Deployment): boolean {
  return (d.reason ?? '').startsWith('(deployment.json cannot be read');
}

/** Says whether a deployment differs from what its upstream runs. */
export function differs(d?: Deployment): boolean {
  return !!d?.upstreamVersion && d.upstreamVersion !== '0' && d.upstreamVersion !== (d.version ?? '0');
}

export function newerThanUpstream(d?: Deployment): boolean {
  return differs(d) && runs(d) && BigInt(d?.version ?? '0') > BigInt(d?.upstreamVersion ?? '0');
}

/** What a lock is on, in words. */
export function lockScope(lock: Lock): string {
  switch (lock.scope) {
    case 'LOCK_SCOPE_APPLICATION':
      return `${lock.application} in ${lock.environment}`;
    case 'LOCK_SCOPE_TEAM':
      return `team ${lock.team} in ${lock.environment}`;
    case 'LOCK_SCOPE_ENVIRONMENT_GROUP':
      return `group ${lock.environmentGroup}`;
    case 'LOCK_SCOPE_GLOBAL':
      return 'the whole line';
    default:
      return lock.environment ?? '';
  }
}

/** A person's name; the mail address where there is none. */
export function nameOf(actor?: Actor): string {
  return actor?.name || actor?.email || '';
}

/** A time on the viewer's clock, as short as it can be told apart: "06:00", "Sat 06:00", "28 Nov 06:00". */
export function clockTime(time: Date, now: Date): string {
  const clock = time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  if (time.toDateString() === now.toDateString()) return clock;
  const days = Math.abs(time.getTime() - now.getTime()) / 86_400_000;
  const day = time.toLocaleDateString(undefined, days < 6 ? { weekday: 'short' } : { day: 'numeric', month: 'short' });
  return `${day} ${clock}`;
}

/** A lock in one sentence: what, by whom, why. */
export function lockSentence(lock: Lock): string {
  const by = nameOf(lock.createdBy);
  return `Lock ${lock.id} on ${lockScope(lock)}${by ? ` by ${by}` : ''}: ${lock.message || 'no message'}`;
}

const PRIORITY: Record<string, string> = {
  PRIORITY_UPSTREAM: 'Upstream',
  PRIORITY_PRE_PRODUCTION: 'Pre-production',
  PRIORITY_CANARY: 'Canary',
  PRIORITY_PRODUCTION: 'Production',
};

export function priorityName(e: Pick<Environment, 'priority'>): string {
  return PRIORITY[e.priority ?? ''] ?? 'Other';
}

/** Sentence case for the enums of the API: SKIP_CAUSE_APP_IS_LOCKED becomes "app is locked". */
export function enumWords(value: string | undefined, prefix: string): string {
  return (value ?? '').replace(prefix, '').toLowerCase().replaceAll('_', ' ');
}
