// What a release is to an environment: the product's own picture, in words.
import type { Deployment, Release } from '../api/types';
import { isQueued, releaseName, runs } from '../common/words';

export type LaneState = 'runs' | 'planned' | 'queued' | 'approval' | 'passed' | 'back' | 'none';

/** What is known beside the deployment. */
export interface Known {
  /** The release ran there at some time; undefined while the history is not known. */
  ran?: boolean;
  /** A deployment of it is planned. */
  planned?: boolean;
}

/** It runs, is planned, waits, has passed through (or was taken back), or has not come so far. */
export function laneState(release: Release, d: Deployment | undefined, environment: string, { ran, planned }: Known = {}): LaneState {
  const version = BigInt(release.version ?? '0');
  const current = BigInt(d?.version ?? '0');
  if (runs(d) && current === version) return 'runs';
  if (planned) return 'planned';
  if (isQueued(d) && BigInt(d?.queuedVersion ?? '0') === version) return 'queued';
  if (BigInt(d?.pendingVersion ?? '0') === version && version > 0n) return 'approval';
  const newer = runs(d) && version > current;
  if (ran) return newer ? 'back' : 'passed';
  // Without the history, what is older than what runs is taken to have passed.
  if (ran === undefined && runs(d) && !newer && release.environments?.includes(environment)) return 'passed';
  return 'none';
}

const WORDS: Record<LaneState, string> = {
  runs: 'runs in',
  planned: 'is planned for',
  queued: 'is queued for',
  approval: 'waits for approval in',
  passed: 'has passed through',
  back: 'was taken back in',
  none: 'is not in',
};

/** The same as a sentence. */
export function laneWords(release: Release, environment: string, state: LaneState): string {
  return `${releaseName(release)} ${WORDS[state]} ${environment}`;
}

/** Where each version of an application has been, from its deployments. */
export function ranIn(deployments: { environment?: string; version?: string }[]): Map<string, Set<string>> {
  const ran = new Map<string, Set<string>>();
  for (const { environment = '', version = '0' } of deployments) {
    if (version === '0') continue;
    const versions = ran.get(environment) ?? new Set();
    ran.set(environment, versions.add(version));
  }
  return ran;
}

/** A name as the head of a column that is so many pixels wide can show it: "production-de" becomes "p-de", "staging" "stag". */
export function nameFor(name: string, width: number): string {
  if (name.length * 6.3 <= width) return name;
  const parts = name.split(/[-_.]/).filter(Boolean);
  if (parts.length === 1) return name.slice(0, 4);
  const last = parts[parts.length - 1] ?? '';
  return `${parts.slice(0, -1).map((p) => p[0]).join('')}-${last.slice(0, 3)}`;
}
