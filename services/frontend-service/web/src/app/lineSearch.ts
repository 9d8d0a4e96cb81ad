// What the pages of the line keep in their URLs.
import type { LockScope } from '../api/types';

/** Numbers in a URL are parsed as numbers: a name or a search for "42" is text to us. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined;
}

const flag = (value: unknown) => (value === true ? true : undefined);

function oneOf<T extends string>(value: unknown, ...words: T[]): T | undefined {
  return words.find((w) => w === value);
}

type Raw = Record<string, unknown>;

/** Environments: how they are drawn, and which one is chosen. */
export interface EnvironmentsSearch {
  view?: 'table' | 'freezes';
  environment?: string;
  q?: string;
  held?: boolean;
}

export const environmentsSearch = (s: Raw): EnvironmentsSearch => ({
  view: oneOf(s.view, 'table', 'freezes'),
  environment: text(s.environment),
  q: text(s.q),
  held: flag(s.held),
});

/** Settings of an environment: the form, or the JSON. */
export interface ConfigSearch {
  json?: boolean;
}

export const configSearch = (s: Raw): ConfigSearch => ({ json: flag(s.json) });

/** The timetable: how many days of it. */
export interface TrainsSearch {
  days?: number;
  target?: string;
}

export const trainsSearch = (s: Raw): TrainsSearch => ({ days: s.days === 4 ? 4 : undefined, target: text(s.target) });

/** A train's preview: its filters and source, and what is chosen in it. */
export interface TrainSearch {
  group?: boolean;
  train?: string;
  team?: string;
  applications?: string;
  set?: string;
  revision?: string;
  from?: string;
  whole?: boolean;
  show?: 'move' | 'queued' | 'approval' | 'skipped';
  application?: string;
  environment?: string;
}

export const trainSearch = (s: Raw): TrainSearch => ({
  group: s.group === false ? false : flag(s.group),
  train: text(s.train),
  team: text(s.team),
  applications: text(s.applications),
  set: text(s.set),
  revision: text(s.revision),
  from: text(s.from),
  whole: flag(s.whole),
  show: oneOf(s.show, 'move', 'queued', 'approval', 'skipped'),
  application: text(s.application),
  environment: text(s.environment),
});

/** Locks and the queue: which of the two, and their filters. */
export interface LocksSearch {
  tab?: 'queue';
  q?: string;
  kind?: LockScope;
  holds?: boolean;
  endless?: boolean;
  environment?: string;
  application?: string;
  team?: string;
}

export const locksSearch = (s: Raw): LocksSearch => ({
  tab: oneOf(s.tab, 'queue'),
  q: text(s.q),
  kind: oneOf(
    s.kind,
    'LOCK_SCOPE_GLOBAL',
    'LOCK_SCOPE_ENVIRONMENT_GROUP',
    'LOCK_SCOPE_ENVIRONMENT',
    'LOCK_SCOPE_TEAM',
    'LOCK_SCOPE_APPLICATION',
  ),
  holds: flag(s.holds),
  endless: flag(s.endless),
  environment: text(s.environment),
  application: text(s.application),
  team: text(s.team),
});

/** Approvals: which request is open, and the change whose diff is shown. */
export interface ApprovalsSearch {
  environment?: string;
  id?: string;
  application?: string;
}

export const approvalsSearch = (s: Raw): ApprovalsSearch => ({ environment: text(s.environment), id: text(s.id), application: text(s.application) });

/** Release sets: which one is open, and what it is compared with. */
export interface ReleaseSetsSearch {
  name?: string;
  with?: string;
}

export const releaseSetsSearch = (s: Raw): ReleaseSetsSearch => ({ name: text(s.name), with: text(s.with) });
