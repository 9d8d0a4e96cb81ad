// Actions with the titles people know them by, the same on every page.
import type { Lock } from '../api/types';
import { lockScope, versionName } from '../common/words';
import type { PlannedAction } from '../tray/action';

/** A version to deploy; only the number is a must. */
export interface Chosen {
  version?: string;
  displayVersion?: string;
}

/** Deploys a version by hand. An older one than what runs is a roll back; the server says so in the preview. */
export function deployment(application: string, environment: string, release: Chosen): PlannedAction {
  return {
    title: `Deploy ${application} ${versionName(release.version, release.displayVersion)} to ${environment}`,
    action: { deploy: { application, environment, version: release.version } },
  };
}

/** Deletes a lock, or ends the stop. */
export function unlocking(lock: Lock): PlannedAction {
  const { scope, id, environment, environmentGroup, application, team } = lock;
  return {
    title: scope === 'LOCK_SCOPE_GLOBAL' ? 'End the stop of the whole line' : `Delete lock ${id} on ${lockScope(lock)}`,
    action: { deleteLock: { scope, id, environment, environmentGroup, application, team } },
  };
}

/** Keeps trains and releases away from what runs. */
export function holding(application: string, environment: string): PlannedAction {
  return { title: `Hold ${application} in ${environment}`, action: { hold: { application, environment } } };
}

/** Ends a hold. */
export function resuming(application: string, environment: string): PlannedAction {
  return { title: `Resume ${application} in ${environment}`, action: { resume: { application, environment } } };
}

/** Deploys what waits and is not held back any more. */
export function queueRelease(filter: { application?: string; team?: string; environment?: string }): PlannedAction {
  const of = [filter.application, filter.team && `team ${filter.team}`, filter.environment && `in ${filter.environment}`].filter(Boolean).join(' ');
  return { title: of ? `Release the queue of ${of}` : 'Release the whole queue', action: { releaseQueue: filter } };
}
