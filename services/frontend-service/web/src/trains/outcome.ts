// What a train would do, as a page tells it: rows by application, causes told once, counts.
import type { PreviewChange, TrainPreview } from '../api/line';
import type { DeployResult } from '../api/types';
import { versionName } from '../common/words';

/** What becomes of an application: the best that happens to it in any environment. */
export type Fate = 'move' | 'approval' | 'queued' | 'skipped';

export interface OutcomeRow {
  application: string;
  fate: Fate;
  /** By environment. */
  results: Map<string, DeployResult>;
  changes: Map<string, PreviewChange>;
  /** Releases that come with it, in the environment that takes the most. */
  releases: number;
  /** What holds it or why it is skipped; empty where a cause that is told above says it. */
  because: string;
}

/** A cause that holds many applications of an environment, or all of them. */
export interface Cause {
  environment: string;
  because: string;
  count: number;
  /** When the freeze ends. */
  until?: string;
  /** The train does not go there at all. */
  whole: boolean;
  /** Not held: somebody has to approve it. */
  approval: boolean;
}

export interface Outcome {
  environments: string[];
  rows: OutcomeRow[];
  causes: Cause[];
  counts: Record<Fate, number>;
  /** Why applications are skipped, and how many deployments each. */
  skips: { words: string; applications: string[] }[];
  /** Running it makes a commit. */
  acts: boolean;
  name: Namer;
}

/** This many applications behind the same thing: it is told once. */
const TOLD_ONCE = 3;

/** What people call a version of an application, as the preview knows it. */
export type Namer = (application?: string, version?: string) => string;

export function namerOf(preview: Pick<TrainPreview, 'displayVersions'>): Namer {
  return (application, version) => versionName(version, preview.displayVersions?.[`${application}/${version}`]);
}

/** Reads a preview of a train. Counts are deployments: an application in an environment. */
export function readOutcome(preview: TrainPreview): Outcome {
  const places = preview.result?.runTrain?.environments ?? [];
  const changes = new Map((preview.changes ?? []).map((c) => [`${c.environment}/${c.application}`, c]));
  const causes = causesOf(preview);
  const told = new Set(causes.map((c) => `${c.environment}/${c.because}`));
  const rows = new Map<string, OutcomeRow>();
  const counts: Record<Fate, number> = { move: 0, approval: 0, queued: 0, skipped: 0 };
  const skips = new Map<string, Set<string>>();
  for (const place of places) {
    for (const result of place.applications ?? []) {
      const application = result.application ?? '';
      const environment = place.environment ?? '';
      const fate = fateOf(result);
      counts[fate]++;
      const row = rows.get(application) ?? { application, fate, results: new Map(), changes: new Map(), releases: 0, because: '' };
      rows.set(application, row);
      row.results.set(environment, result);
      if (RANK[fate] < RANK[row.fate]) row.fate = fate;
      const change = changes.get(`${environment}/${application}`);
      if (change) {
        row.changes.set(environment, change);
        row.releases = Math.max(row.releases, change.releasesTotal ?? 0);
      }
      if (fate === 'skipped') {
        const words = skipWords(result);
        skips.set(words, (skips.get(words) ?? new Set()).add(application));
      }
      if (!row.because && fate !== 'skipped' && result.because && !told.has(`${environment}/${result.because}`))
        row.because = places.length > 1 ? `${environment}: ${result.because}` : result.because;
    }
  }
  return {
    environments: places.map((p) => p.environment ?? ''),
    rows: [...rows.values()].sort((a, b) => RANK[a.fate] - RANK[b.fate] || a.application.localeCompare(b.application)),
    causes,
    counts,
    skips: [...skips].map(([words, applications]) => ({ words, applications: [...applications] })).sort((a, b) => b.applications.length - a.applications.length),
    acts: !preview.result?.unchanged,
    name: namerOf(preview),
  };
}

const RANK: Record<Fate, number> = { move: 0, approval: 1, queued: 2, skipped: 3 };

// Held by something: the version waits for it to end, whether it is queued or the train leaves it alone.
const HELD = new Set([
  'SKIP_CAUSE_APP_IS_LOCKED', 'SKIP_CAUSE_APP_IS_LOCKED_BY_ENV', 'SKIP_CAUSE_TEAM_IS_LOCKED', 'SKIP_CAUSE_APP_ON_HOLD', 'SKIP_CAUSE_APP_IS_FROZEN',
]);

/** What becomes of an application in one environment. */
export function fateOf(result: DeployResult): Fate {
  switch (result.outcome) {
    case 'DEPLOY_OUTCOME_DEPLOYED':
      return 'move';
    case 'DEPLOY_OUTCOME_PENDING_APPROVAL':
      return 'approval';
    case 'DEPLOY_OUTCOME_QUEUED':
      return 'queued';
    default:
      if (result.skipCause === 'SKIP_CAUSE_APP_AWAITS_APPROVAL') return 'approval';
      return HELD.has(result.skipCause ?? '') ? 'queued' : 'skipped';
  }
}

function causesOf(preview: TrainPreview): Cause[] {
  const causes: Cause[] = [];
  for (const place of preview.result?.runTrain?.environments ?? []) {
    const environment = place.environment ?? '';
    if (place.because || place.skipCause)
      causes.push({ environment, because: place.because || 'it has nothing to take from', count: (place.applications ?? []).length, whole: true, approval: false });
    const by = new Map<string, DeployResult[]>();
    for (const r of place.applications ?? [])
      if (fateOf(r) !== 'skipped' && r.because && r.because !== place.because) by.set(r.because, [...(by.get(r.because) ?? []), r]);
    for (const [because, list] of by) {
      const approval = list.every((r) => fateOf(r) === 'approval');
      if (list.length >= TOLD_ONCE) causes.push({ environment, because, count: list.length, until: list[0]?.frozenUntil, whole: false, approval });
    }
  }
  return causes;
}

const SKIPS: Record<string, string> = {
  SKIP_CAUSE_APP_ALREADY_IN_UPSTREAM_VERSION: 'Same version as the source',
  SKIP_CAUSE_APP_HAS_NO_VERSION_IN_UPSTREAM_ENV: 'Does not run in the source',
  SKIP_CAUSE_APP_DOES_NOT_EXIST_IN_ENV: 'The release has no manifest for this environment',
  SKIP_CAUSE_APP_WITHOUT_TEAM: 'Belongs to no team',
  SKIP_CAUSE_NO_TEAM_PERMISSION: 'You may not deploy for its team',
  SKIP_CAUSE_RELEASE_NOT_AVAILABLE: 'The release is announced only, or was removed',
  SKIP_CAUSE_APP_NOT_IN_SOURCE: 'Not in the source',
};

/** Why an application is skipped, in words. */
export function skipWords(result: Pick<DeployResult, 'skipCause' | 'because'>): string {
  return SKIPS[result.skipCause ?? ''] ?? (result.because || 'Nothing to do');
}
