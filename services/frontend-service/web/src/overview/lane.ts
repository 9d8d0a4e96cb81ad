// The lane: the releases of an application down, newest first, and what each of them is to each environment.
import type { Application, Deployment, Release } from '../api/types';
import { isPending, isQueued, runs } from '../common/words';

/** What a release is to an environment. */
export type Stop = 'runs' | 'queued' | 'approval' | 'passed' | 'none';

/** How many releases the lane of a row shows. */
export const LANE = 6;

/** How many rows the lane of an application takes. */
export function laneRows(application: Application): number {
  return Math.max(1, Math.min(LANE, application.releases ?? 0));
}

/** What a release is to an environment: it runs there, waits there, or went through on the way to a newer one. */
export function stopOf(release: Release, environment: string, d?: Deployment): Stop {
  const version = BigInt(release.version ?? '0');
  if (runs(d) && BigInt(d?.version ?? '0') === version) return 'runs';
  if (isPending(d) && BigInt(d?.pendingVersion ?? '0') === version) return 'approval';
  if (isQueued(d) && BigInt(d?.queuedVersion ?? '0') === version) return 'queued';
  const here = !release.environments?.length || release.environments.includes(environment);
  return here && runs(d) && BigInt(d?.version ?? '0') > version && !release.prepublished ? 'passed' : 'none';
}

/**
 * The releases the lane shows, newest first: those that are somewhere (running or waiting), then the newest others, as many as there is room.
 * Also how many between them are left out.
 */
export function laneOf(releases: Release[], deployments: Deployment[], room: number): { shown: Release[]; folded: number } {
  const somewhere = new Set(deployments.flatMap((d) => [d.version, d.queuedVersion, d.pendingVersion]).filter((v) => v && v !== '0'));
  const keep = new Set<Release>(releases.filter((r) => somewhere.has(r.version)).slice(0, room));
  for (const r of releases) {
    if (keep.size >= room) break;
    keep.add(r);
  }
  const shown = releases.filter((r) => keep.has(r));
  const last = shown.at(-1);
  return { shown, folded: last ? releases.indexOf(last) + 1 - shown.length : 0 };
}
