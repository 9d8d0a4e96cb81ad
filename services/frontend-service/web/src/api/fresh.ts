// How the watch stream keeps what pages have read fresh: applications are put where they stand, the rest is asked for again.
import type { QueryClient } from '@tanstack/react-query';
import { noteChanged } from './inflight';
import { matches, type OverviewFilter, readOverview, WINDOW } from './overview';
import { applicationQuery } from './queries';
import type { Application, Environment, EnvironmentGroup, Overview, WatchEvent } from './types';
import { waiting } from './waiting';

/** Queries that begin with one of these and the name of an application change only with it. */
const OF_APPLICATION = new Set(['application', 'releases', 'release', 'manifests', 'diff', 'deployments']);
/** Queries that are kept fresh here, or poll by themselves. */
const BY_THEMSELVES = new Set(['overview', 'status']);

/** Events come in bursts: they are put into the pages this often. */
const GATHER_MS = 60;
/** What is asked for again is asked for this often at most. */
const ASK_MS = 700;

interface Gathered {
  applications: Map<string, Application>;
  removed: Set<string>;
  environments?: Environment[];
  groups?: EnvironmentGroup[];
}

const nothing = (): Gathered => ({ applications: new Map(), removed: new Set() });

/** Takes the events of the watch stream and keeps the query cache fresh. */
export function keepFresh(client: QueryClient): (event: WatchEvent) => void {
  let gathered = nothing();
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let touched = new Set<string>();
  let started = false;

  const askAgain = () => {
    asking = undefined;
    const names = touched;
    touched = new Set();
    void client.invalidateQueries({
      predicate: ({ queryKey: [kind, name] }) => !BY_THEMSELVES.has(String(kind)) && (!OF_APPLICATION.has(String(kind)) || names.has(String(name))),
    });
    for (const filter of shownFilters(client)) void countAgain(client, filter);
  };

  const flush = () => {
    flushing = undefined;
    const batch = gathered;
    gathered = nothing();
    for (const filter of shownFilters(client)) patchWindows(client, filter, batch);
    for (const [name, application] of batch.applications) {
      touched.add(name);
      client.setQueryData(applicationQuery(name).queryKey, (old) => (old ? application : old));
    }
    for (const name of batch.removed) touched.add(name);
    asking ??= setTimeout(askAgain, ASK_MS);
  };

  return (event) => {
    if (event.snapshotEnd) {
      waiting.clear();
      void client.invalidateQueries();
      return;
    }
    if (!started) {
      // What changed between the first answers and the start of the stream was told to nobody.
      started = true;
      asking ??= setTimeout(askAgain, ASK_MS);
    }
    const changes = event.changes;
    if (!changes) return;
    noteChanged(changes.applications ?? []);
    for (const a of changes.applications ?? []) {
      gathered.applications.set(a.name ?? '', a);
      gathered.removed.delete(a.name ?? '');
    }
    for (const name of changes.removedApplications ?? []) {
      gathered.removed.add(name);
      gathered.applications.delete(name);
    }
    if (changes.environments?.length) {
      gathered.environments = changes.environments;
      gathered.groups = changes.groups;
    }
    flushing ??= setTimeout(flush, GATHER_MS);
  };
}

/** The filters of the matrices on the page. */
function shownFilters(client: QueryClient): OverviewFilter[] {
  const active = client.getQueryCache().findAll({ queryKey: ['overview'], type: 'active' });
  return [...new Map(active.map((q) => [JSON.stringify(q.queryKey[1]), q.queryKey[1] as OverviewFilter])).values()];
}

function windowsOf(client: QueryClient, filter: OverviewFilter): [number, Overview][] {
  const all = client.getQueriesData<Overview>({ queryKey: ['overview', filter] });
  return all.flatMap(([key, data]) => (data ? [[key[2] as number, data] as [number, Overview]] : [])).sort((a, b) => a[0] - b[0]);
}

/** Puts a batch of changes into the windows that were read. Rows stay where they are: what would move them waits until somebody asks. */
function patchWindows(client: QueryClient, filter: OverviewFilter, batch: Gathered) {
  const windows = windowsOf(client, filter);
  const loaded = new Set(windows.flatMap(([, w]) => (w.applications ?? []).map((a) => a.name ?? '')));
  const now = Date.now();
  for (const [name, application] of batch.applications) {
    const member = matches(application, filter, now);
    const moves = loaded.has(name) ? member === false : member === true && inside(windows, name);
    if (moves) waiting.add(filter, name);
    else if (member !== undefined) waiting.remove(filter, name);
  }
  for (const name of batch.removed)
    if (loaded.has(name)) waiting.add(filter, name);
    else waiting.remove(filter, name);
  for (const [number, old] of windows) {
    const environments = batch.environments && sameColumns(old, batch.environments, filter);
    if (batch.environments && !environments) waiting.add(filter, '/environments');
    if (!environments && !old.applications?.some((a) => batch.applications.has(a.name ?? ''))) continue;
    client.setQueryData<Overview>(['overview', filter, number], {
      ...old,
      ...(environments && { environments, groups: batch.groups ?? old.groups }),
      applications: old.applications?.map((a) => batch.applications.get(a.name ?? '') ?? a),
    });
  }
}

/** The environments as they are now, when they are still the columns of a window; undefined when columns came, went or moved. */
function sameColumns(old: Overview, now: Environment[], filter: OverviewFilter): Environment[] | undefined {
  const shown = filter.environments ? now.filter((e) => filter.environments?.includes(e.name ?? '')) : now;
  const before = old.environments ?? [];
  const same = shown.length === before.length && shown.every((e, i) => e.name === before[i]?.name && e.environmentGroup === before[i]?.environmentGroup);
  return same ? shown : undefined;
}

/** Says whether a name sorts between rows that were read, so that it would come in there. */
function inside(windows: [number, Overview][], name: string): boolean {
  const total = windows[0]?.[1].total ?? 0;
  for (const [number, w] of windows) {
    const names = (w.applications ?? []).map((a) => a.name ?? '');
    const first = names[0];
    const last = names.at(-1);
    const open = number * WINDOW + names.length >= total; // nothing follows
    if ((number === 0 || (first !== undefined && name > first)) && (open || (last !== undefined && name < last))) return true;
  }
  return false;
}

/** Asks how many applications each filter would leave now. A total that differs from the rows shown waits with the other changes. */
async function countAgain(client: QueryClient, filter: OverviewFilter) {
  try {
    const now = await readOverview(filter, 0, 1);
    const shown = client.getQueryData<Overview>(['overview', filter, 0]);
    if (!shown) return;
    client.setQueryData<Overview>(['overview', filter, 0], { ...shown, counts: now.counts, teams: now.teams });
    if (!shown.total) await client.invalidateQueries({ queryKey: ['overview', filter] });
    else if (now.total !== shown.total && waiting.of(filter).size === 0) waiting.add(filter, '/order');
  } catch {
    // The counts stay as they are; the next change asks again.
  }
}
