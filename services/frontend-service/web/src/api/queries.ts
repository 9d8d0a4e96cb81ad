// What pages read, as TanStack queries. fresh.ts keeps them so.
import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client';

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
    enabled: version !== '' && version !== '0',
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

/** The newest releases of an application, as many as the lane of a row chooses from. */
export const laneQuery = (application: string) =>
  queryOptions({
    queryKey: ['releases', application, 'lane'],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/applications/{application}/releases', { signal, params: { path: { application }, query: { pageSize: 40 } } })),
  });

/** The last deployment of an application to an environment: what it runs, and what it ran before. */
export const lastDeploymentQuery = (application: string, environment: string) =>
  queryOptions({
    queryKey: ['deployments', application, environment, 'last'],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/deployments', { signal, params: { query: { application, environment, pageSize: 1 } } })),
  });
