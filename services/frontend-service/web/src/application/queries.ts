// What the page of an application reads.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, ask } from '../api/client';

/** Releases of one window. */
export const WINDOW = 100;

/** One window of an application's releases, newest first. */
export const releaseWindowQuery = (application: string, search: string, window: number) =>
  queryOptions({
    queryKey: ['releases', application, 'window', search, window],
    queryFn: ({ signal }) =>
      ask(
        api.GET('/api/v1/applications/{application}/releases', {
          signal,
          params: { path: { application }, query: { search: search || undefined, offset: window * WINDOW || undefined, pageSize: WINDOW } },
        }),
      ),
  });

/** The manifest of a release for an environment, secrets' data hidden. It never changes. */
export const manifestQuery = (application: string, version: string, environment: string) =>
  queryOptions({
    queryKey: ['manifests', application, version, environment],
    queryFn: ({ signal }) =>
      ask(
        api.GET('/api/v1/applications/{application}/releases/{version}/manifests', {
          signal,
          params: { path: { application, version }, query: { environment } },
        }),
      ),
    select: (m) => m.manifests?.[environment]?.content ?? '',
    enabled: version !== '' && version !== '0' && environment !== '',
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What waits of an application, and what holds it back now. */
export const queueQuery = (application: string) =>
  queryOptions({
    queryKey: ['queue', 'of', application],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/queue', { signal, params: { query: { application, pageSize: 1000 } } })),
  });

/** Everything of an application that ran, newest first, in big pages: the lane needs to know where a release has been. */
export const ranQuery = (application: string) =>
  infiniteQueryOptions({
    queryKey: ['deployments', application, 'ran'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/api/v1/deployments', { signal, params: { query: { application, pageSize: 1000, pageToken: pageParam || undefined } } })),
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });
