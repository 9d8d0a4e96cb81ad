import type { Train } from '../api/line';
import type { Environment, RunTrain } from '../api/types';
import type { TrainSearch } from '../app/lineSearch';

/** In an address: the source is a past revision that is not named yet, of each environment's upstream. No environment can be called so. */
export const PAST = '*past';

export interface Target {
  name: string;
  group: boolean;
  environments: number;
}

/** Where a train can go: groups of several environments, then each environment that has an upstream or can take a set. */
export function targetsOf(environments: Environment[]): Target[] {
  const groups = new Map<string, number>();
  for (const e of environments) {
    const group = e.environmentGroup || e.name || '';
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  return [
    ...[...groups].filter(([, n]) => n > 1).map(([name, n]) => ({ name, group: true, environments: n })),
    ...environments.map((e) => ({ name: e.name ?? '', group: false, environments: 1 })),
  ];
}

/** Where a train of the timetable goes. */
export function targetOf(train: Pick<Train, 'environment' | 'environmentGroup'>): string {
  return train.environmentGroup || train.environment || '';
}

/** The train that a preview's address describes. */
export function runTrainOf(target: string, search: TrainSearch): RunTrain {
  const source = { releaseSet: search.set, revision: search.revision, environment: search.revision && search.from !== PAST ? search.from : undefined };
  return {
    target,
    // An address that does not say leaves it to the server: a group wins over an environment of the same name.
    targetType: search.group === undefined ? undefined : search.group ? 'TRAIN_TARGET_ENVIRONMENT_GROUP' : 'TRAIN_TARGET_ENVIRONMENT',
    train: search.train,
    // A train of the timetable has filters of its own.
    team: search.train ? undefined : search.team,
    applications: search.train || !search.applications ? undefined : search.applications.split(',').map((a) => a.trim()).filter(Boolean),
    source: search.set || search.revision ? source : undefined,
    whole: search.whole || undefined,
  };
}

/** What a train takes, in words: "team payments, tier=backend"; empty when it takes everybody. */
export function takes(train: Pick<Train, 'team' | 'applications' | 'labels'>): string {
  return [
    train.team && `team ${train.team}`,
    train.applications?.length && train.applications.join(', '),
    ...Object.entries(train.labels ?? {}).map(([key, value]) => `${key}=${value}`),
  ]
    .filter(Boolean)
    .join('; ');
}
