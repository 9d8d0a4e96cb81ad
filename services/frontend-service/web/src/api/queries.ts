// What pages read, as TanStack queries, and how the watch stream keeps them fresh.
import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query';
import { api, ask } from './client';
import type { Application, Overview, WatchEvent } from './types';

export interface OverviewFilter {
  search?: string;
  teams?: string[];
  environments?: string[];
  differs?: boolean;
  locked?: boolean;
  queued?: boolean;
}

const PAGE = 100;

export const overviewQuery = (filter: OverviewFilter) =>
  infiniteQueryOptions({
    queryKey: ['overview', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET('/api/v1/overview', {
          signal,
          params: {
            query: {
              search: filter.search || undefined,
              teams: filter.teams,
              environments: filter.environments,
              differsFromUpstream: filter.differs || undefined,
              locked: filter.locked || undefined,
              queued: filter.queued || undefined,
              pageSize: PAGE,
              pageToken: pageParam || undefined,
            },
          },
        }),
      ),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: (old) => old,
  });

export const applicationQuery = (application: string) =>
  queryOptions({
    queryKey: ['application', application],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/applications/{application}', { signal, params: { path: { application } } })),
  });

/** The first applications that have the text in their name. */
export const applicationsQuery = (search: string, pageSize: number) =>
  queryOptions({
    queryKey: ['applications', search, pageSize],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/applications', { signal, params: { query: { search: search || undefined, pageSize } } })),
  });

export const releaseQuery = (application: string, version: string) =>
  queryOptions({
    queryKey: ['release', application, version],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/applications/{application}/releases/{version}', { signal, params: { path: { application, version } } })),
    retry: false,
  });

export const releasesQuery = (application: string) =>
  infiniteQueryOptions({
    queryKey: ['releases', application],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET('/api/v1/applications/{application}/releases', {
          signal,
          params: { path: { application }, query: { pageSize: 30, pageToken: pageParam || undefined } },
        }),
      ),
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export const diffQuery = (application: string, environment: string, fromVersion: string, toVersion: string) =>
  queryOptions({
    queryKey: ['diff', application, environment, fromVersion, toVersion],
    queryFn: ({ signal }) =>
      ask(
        api.GET('/api/v1/applications/{application}/diff', {
          signal,
          params: { path: { application }, query: { environment, fromVersion, toVersion } },
        }),
      ),
    enabled: environment !== '' && toVersion !== '',
  });

export const environmentsQuery = queryOptions({
  queryKey: ['environments'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/environments', { signal })),
});

export const releaseSetsQuery = queryOptions({
  queryKey: ['release-sets'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/release-sets', { signal })),
});

export const locksQuery = queryOptions({
  queryKey: ['locks'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/locks', { signal, params: { query: { pageSize: 1000 } } })),
});

export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/status', { signal })),
});

export interface HistoryFilter {
  application?: string;
  environment?: string;
  author?: string;
}

export const historyQuery = (filter: HistoryFilter) =>
  infiniteQueryOptions({
    queryKey: ['history', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET('/api/v1/history', {
          signal,
          params: {
            query: {
              application: filter.application || undefined,
              environment: filter.environment || undefined,
              author: filter.author || undefined,
              pageSize: 50,
              pageToken: pageParam || undefined,
            },
          },
        }),
      ),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: (old) => old,
  });

/** Puts what an event says into the cache; what it does not carry is asked for again. */
export function absorb(client: QueryClient, event: WatchEvent) {
  if (event.snapshotEnd) {
    void client.invalidateQueries();
    return;
  }
  const changes = event.changes;
  if (!changes) return;
  const changed = new Map((changes.applications ?? []).map((a) => [a.name ?? '', a]));
  client.setQueriesData<{ pages: Overview[]; pageParams: unknown[] }>({ queryKey: ['overview'] }, (old) => old && patch(old, changed));
  for (const [name, application] of changed) {
    client.setQueryData(applicationQuery(name).queryKey, (old) => (old ? application : old));
    void client.invalidateQueries({ queryKey: ['releases', name] });
  }
  for (const key of ['overview', 'locks', 'history', ...(changes.environments?.length ? ['environments'] : [])])
    void client.invalidateQueries({ queryKey: [key] });
}

function patch(old: { pages: Overview[]; pageParams: unknown[] }, changed: Map<string, Application>) {
  const pages = old.pages.map((page) => ({
    ...page,
    applications: page.applications?.map((a) => changed.get(a.name ?? '') ?? a),
  }));
  return { ...old, pages };
}
