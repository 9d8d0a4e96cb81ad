// What can be planned: a command of the API with the words a person knows it by.
import { kindOf } from '../api/commands';
import type { Action } from '../api/types';

/** A command and what it is called, such as "Deploy checkout 2.15.0 to production-de". */
export interface PlannedAction {
  action: Action;
  title: string;
}

/** Where an action acts. The tray holds one action for each place: the second takes the place of the first. */
export function placeOf(action: Action): string {
  const kind = kindOf(action);
  const { deploy, removeFromEnvironment, hold, resume, runTrain, approve, reject } = action;
  const cell = deploy ?? removeFromEnvironment;
  if (cell) return join('deploy', cell.application, cell.environment);
  const held = hold ?? resume;
  if (held) return join('hold', held.application, held.environment);
  const lock = action.createLock ?? action.deleteLock;
  if (lock) return join('lock', lock.scope, lock.environment, lock.environmentGroup, lock.application, lock.team, lock.id);
  if (runTrain) return join('train', runTrain.target, runTrain.train);
  const timetable = action.pauseTrain ?? action.resumeTrain;
  if (timetable) return join('timetable', timetable.target, timetable.train);
  const request = approve ?? reject;
  if (request) return join('approval', request.environment, request.id);
  return join(kind, JSON.stringify(action[kind]));
}

function join(...parts: (string | undefined)[]): string {
  return parts.map((p) => p ?? '').join('|');
}

/** The cell of the matrix an action is about, if it is about one. */
export function cellOf(action: Action): { application: string; environment: string } | undefined {
  const lock = action.createLock ?? action.deleteLock;
  const about = action.deploy ?? action.removeFromEnvironment ?? action.hold ?? action.resume ?? (lock?.application ? lock : undefined);
  return about?.application && about.environment ? { application: about.application, environment: about.environment } : undefined;
}

/** Says whether the action goes through locks and freezes. */
export function breaksGlass(action: Action): boolean {
  return action.deploy?.lockBehavior === 'LOCK_BEHAVIOR_IGNORE';
}
