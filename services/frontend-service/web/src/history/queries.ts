// What the history reads. All keys begin with "history": a new commit makes all of it stale.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api/client';

const PAGE = 100;

/** Filters of the audit trail. */
export interface TrailFilter {
  application?: string;
  environment?: string;
  author?: string;
  action?: string;
  since?: string;
  until?: string;
}

/** The commits of main that match, newest first. */
export const trailQuery = (filter: TrailFilter) =>
  infiniteQueryOptions({
    queryKey: ['history', 'trail', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/api/v1/history', { signal, params: { query: { ...filter, pageSize: PAGE, pageToken: pageParam || undefined } } })),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: (old) => old,
  });

/** One commit of main, found by its id or the first digits of it. */
export const storyQuery = (commit: string, part: { application?: string; environment?: string }) =>
  queryOptions({
    queryKey: ['history', 'story', commit, part],
    queryFn: async ({ signal }) => {
      const found = await ask(api.GET('/api/v1/history', { signal, params: { query: { commit, ...part, pageSize: 2 } } }));
      return found.entries ?? [];
    },
    placeholderData: (old) => old,
  });

/** Filters of the deployments. */
export interface DeploymentFilter {
  application?: string;
  environment?: string;
  team?: string;
  author?: string;
  since?: string;
  until?: string;
  commitId?: string;
}

/** The deployments that match, newest first. */
export const deploymentsQuery = (filter: DeploymentFilter, pageSize = PAGE) =>
  infiniteQueryOptions({
    queryKey: ['history', 'deployments', filter, pageSize],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/api/v1/deployments', { signal, params: { query: { ...filter, pageSize, pageToken: pageParam || undefined } } })),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: (old) => old,
  });

/** Which versions an environment ran at a moment; now when none is named. */
export const versionsQuery = (environment: string, at?: string, application?: string) =>
  queryOptions({
    queryKey: ['history', 'versions', environment, at, application],
    queryFn: ({ signal }) =>
      ask(api.GET('/api/v1/environments/{environment}/versions', { signal, params: { path: { environment }, query: { at, application: application || undefined } } })),
    enabled: environment !== '',
    placeholderData: (old) => old,
  });

/** Where a source commit has arrived. */
export const whereQuery = (commitId: string) =>
  queryOptions({
    queryKey: ['history', 'where', commitId],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/commits/{commitId}/deployments', { signal, params: { path: { commitId } } })),
    enabled: commitId !== '',
  });

/** The address that answers with all deployments that match, as a file. */
export function exportAddress(filter: DeploymentFilter, format: 'csv' | 'jsonl'): string {
  const query = new URLSearchParams({ format });
  for (const [key, value] of Object.entries(filter)) if (value) query.set(key, value);
  return `/api/v1/deployments/export?${query}`;
}
