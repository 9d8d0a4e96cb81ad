// The columns of the matrix: environments in the order of the chain, group by group; a folded group is one column.
import type { Application, Environment } from '../api/types';
import { differs, runs } from '../common/words';
import { list, type OverviewSearch } from './search';

/** One environment, or a group folded into one column. */
export interface Column {
  key: string;
  group: string;
  /** Set unless the column is a folded group. */
  environment?: Environment;
  /** The environments of a folded group. */
  folded?: Environment[];
  priority?: Environment['priority'];
}

/** A run of columns under one head. */
export interface Band {
  group: string;
  priority?: Environment['priority'];
  from: number;
  to: number;
  folded: boolean;
  /** Groups of one environment cannot be folded. */
  foldable: boolean;
  /** The group is one environment of the same name. */
  sameName: boolean;
}

/** From this many environments on, groups of priority "other" begin folded. */
const MANY = 12;

/** Lays out the columns. */
export function columnsOf(environments: Environment[], search: Pick<OverviewSearch, 'fold' | 'unfold'>): { columns: Column[]; bands: Band[] } {
  const groups = new Map<string, Environment[]>();
  for (const e of environments) {
    const group = e.environmentGroup || e.name || '';
    groups.set(group, [...(groups.get(group) ?? []), e]);
  }
  const fold = list(search.fold);
  const unfold = list(search.unfold);
  const columns: Column[] = [];
  const bands: Band[] = [];
  for (const [group, members] of groups) {
    const foldable = members.length > 1;
    const byDefault = environments.length > MANY && members.every((e) => e.priority === 'PRIORITY_OTHER');
    const folded = foldable && (fold.includes(group) || (byDefault && !unfold.includes(group)));
    const priority = members[0]?.priority;
    const from = columns.length;
    if (folded) columns.push({ key: `/${group}`, group, folded: members, priority });
    else for (const e of members) columns.push({ key: e.name ?? '', group, environment: e, priority: e.priority });
    bands.push({ group, priority, from, to: columns.length, folded, foldable, sameName: members.length === 1 && members[0]?.name === group });
  }
  return { columns, bands };
}

/** The part of the URL after folding or unfolding a group. */
export function foldedSearch(search: OverviewSearch, band: Band): OverviewSearch {
  const without = (value?: string) => list(value).filter((g) => g !== band.group);
  const join = (names: string[]) => (names.length ? names.join(',') : undefined);
  return band.folded
    ? { fold: join(without(search.fold)), unfold: join([...without(search.unfold), band.group]) }
    : { fold: join([...without(search.fold), band.group]), unfold: join(without(search.unfold)) };
}

/** What a folded group runs of an application. */
export interface Summary {
  /** Environments where it runs. */
  all: number;
  /** Those that run what their upstream runs. */
  same: number;
  differing: string[];
  locked: number;
  held: number;
  queued: number;
}

/** Sums up an application in the environments of a folded group. */
export function summaryOf(application: Application, folded: Environment[]): Summary {
  const names = new Set(folded.map((e) => e.name));
  const here = (application.deployments ?? []).filter((d) => names.has(d.environment));
  const running = here.filter(runs);
  const differing = running.filter(differs);
  return {
    all: running.length,
    same: running.length - differing.length,
    differing: differing.map((d) => d.environment ?? ''),
    locked: here.filter((d) => (d.locks ?? []).some((l) => l.scope === 'LOCK_SCOPE_APPLICATION' || l.scope === 'LOCK_SCOPE_TEAM')).length,
    held: here.filter((d) => d.hold).length,
    queued: here.filter((d) => d.queuedVersion && d.queuedVersion !== '0').length,
  };
}
