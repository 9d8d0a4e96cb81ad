// The matrix as the server cuts it: windows of rows for a filter, and what an application is to a filter.
import { queryOptions } from '@tanstack/react-query';
import { differs, isPending, isQueued, newerThanUpstream } from '../common/words';
import { api, ask } from './client';
import { overlay } from './inflight';
import type { Application, Deployment, Overview } from './types';

/** What the matrix is asked for. Several conditions must all hold, each in one of the environments. */
export interface OverviewFilter {
  search?: string;
  teams?: string[];
  environments?: string[];
  only: readonly Only[];
}

/** A condition that leaves only some applications. */
export type Only = 'differs' | 'locked' | 'queued' | 'held' | 'approval' | 'frozen' | 'stuck' | 'newer';

/** Rows of one window: about two screens, so that the first answer is small and a step rarely waits. */
export const WINDOW = 50;

/** One window of rows; window 0 also says what holds for all of them. */
export const windowQuery = (filter: OverviewFilter, window: number) =>
  queryOptions({
    queryKey: ['overview', filter, window],
    queryFn: ({ signal }) => overlay(() => readOverview(filter, window * WINDOW, WINDOW, signal)),
    gcTime: 60_000,
  });

/** Reads rows of the matrix. */
export function readOverview(filter: OverviewFilter, offset: number, pageSize: number, signal?: AbortSignal): Promise<Overview> {
  const asks = (only: Only) => filter.only.includes(only) || undefined;
  const query = {
    search: filter.search || undefined,
    teams: filter.teams,
    environments: filter.environments,
    differsFromUpstream: asks('differs'),
    locked: asks('locked'),
    queued: asks('queued'),
    held: asks('held'),
    pendingApproval: asks('approval'),
    frozen: asks('frozen'),
    stuck: asks('stuck'),
    newerThanUpstream: asks('newer'),
    offset: offset || undefined,
    pageSize,
    brief: true,
  };
  return ask(api.GET('/api/v1/overview', { signal, params: { query } }));
}

const DAY_MS = 24 * 3600 * 1000;

const HOLDS: Record<Only, (d: Deployment, now: number) => boolean> = {
  differs,
  locked: (d) => (d.locks ?? []).some((l) => l.scope === 'LOCK_SCOPE_APPLICATION' || l.scope === 'LOCK_SCOPE_TEAM'),
  queued: isQueued,
  held: (d) => !!d.hold,
  approval: isPending,
  frozen: (d) => !!d.frozen,
  stuck: (d, now) => isQueued(d) && now - Date.parse(d.queuedAt ?? '') > DAY_MS,
  newer: newerThanUpstream,
};

/**
 * Whether an application belongs to what a filter leaves. Undefined where only the server knows: what an application is to an environment
 * where it has never been, and since when it waits for approval.
 */
export function matches(app: Application, filter: OverviewFilter, now: number): boolean | undefined {
  if (filter.search && !(app.name ?? '').includes(filter.search.toLowerCase())) return false;
  if (filter.teams?.length && !filter.teams.includes(app.team ?? '')) return false;
  const shown = (app.deployments ?? []).filter((d) => !filter.environments || filter.environments.includes(d.environment ?? ''));
  let unsure = false;
  for (const only of filter.only) {
    if (shown.some((d) => HOLDS[only](d, now))) continue;
    if (only !== 'differs' && !(only === 'stuck' && shown.some(isPending))) return false;
    unsure = true;
  }
  return unsure ? undefined : true;
}
