// What the pages of the line read: timetable, freezes, queue, approvals, release sets, previews of trains.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, ask } from './client';
import type { components } from './schema';
import type { RunTrain } from './types';

type Schemas = components['schemas'];
export type Train = Schemas['Train'];
export type Departure = Schemas['Departure'];
export type Timetable = Schemas['Timetable'];
export type Freeze = Schemas['Freeze'];
export type Freezes = Schemas['Freezes'];
export type FreezeWindow = Schemas['FreezeWindow'];
export type QueuedVersion = Schemas['QueuedVersion'];
export type Approval = Schemas['Approval'];
export type ReleaseSet = Schemas['ReleaseSet'];
export type TrainPreview = Schemas['Preview'];
export type PreviewChange = Schemas['PreviewChange'];
export type TrainEnvironment = Schemas['TrainEnvironment'];

/** Everything here stands under one key; what the watch stream says of a change asks for all of it again that is on the screen. */
const LINE = 'line';

export const timetableQuery = (days: number, target = '') =>
  queryOptions({
    queryKey: [LINE, 'timetable', days, target],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/timetable', { signal, params: { query: { days, target: target || undefined } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000, // departures pass without a commit of anybody
  });

export const freezesQuery = (days: number, environment = '') =>
  queryOptions({
    queryKey: [LINE, 'freezes', days, environment],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/freezes', { signal, params: { query: { days, environment: environment || undefined } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });

export interface QueueFilter {
  environment?: string;
  application?: string;
  team?: string;
}

export const queueQuery = (filter: QueueFilter) =>
  infiniteQueryOptions({
    queryKey: [LINE, 'queue', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/api/v1/queue', { signal, params: { query: { ...filter, pageSize: 100, pageToken: pageParam || undefined } } })),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: keepPreviousData,
  });

export const approvalsQuery = infiniteQueryOptions({
  queryKey: [LINE, 'approvals'],
  initialPageParam: '',
  queryFn: ({ pageParam, signal }) =>
    ask(api.GET('/api/v1/approvals', { signal, params: { query: { pageSize: 100, pageToken: pageParam || undefined } } })),
  getNextPageParam: (last) => last.nextPageToken || undefined,
});

/** How many requests for approval wait. */
export const approvalsCountQuery = queryOptions({
  queryKey: [LINE, 'approvals-count'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/approvals', { signal, params: { query: { pageSize: 1 } } })),
  select: (answer) => answer.total ?? 0,
});

export const releaseSetsQuery = queryOptions({
  queryKey: [LINE, 'release-sets'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/release-sets', { signal })),
});

export const releaseSetQuery = (name: string) =>
  queryOptions({
    queryKey: [LINE, 'release-set', name],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/release-sets/{name}', { signal, params: { path: { name } } })),
  });

/** Compares two sides: names of release sets, or "environment:<name>". */
export const comparisonQuery = (from: string, to: string) =>
  queryOptions({
    queryKey: [LINE, 'comparison', from, to],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/release-sets/{from}/compare/{to}', { signal, params: { path: { from, to } } })),
    enabled: from !== '' && to !== '',
  });

/** What a train would do now, decided by the rules that would run it. */
export const trainPreviewQuery = (runTrain: RunTrain) =>
  queryOptions({
    queryKey: [LINE, 'train-preview', runTrain],
    queryFn: ({ signal }) => ask(api.POST('/api/v1/preview', { signal, body: { runTrain } })),
    placeholderData: keepPreviousData,
  });

/** Commits that came from a kind of command, newest first. */
export const runsQuery = (action: string, pageSize: number) =>
  queryOptions({
    queryKey: [LINE, 'runs', action, pageSize],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/history', { signal, params: { query: { action, pageSize } } })),
  });

/** All teams that own an application, sorted. */
export const teamsQuery = queryOptions({
  queryKey: [LINE, 'teams'],
  queryFn: ({ signal }) => ask(api.GET('/api/v1/overview', { signal, params: { query: { pageSize: 1, brief: true } } })),
  select: (overview) => overview.teams ?? [],
});
