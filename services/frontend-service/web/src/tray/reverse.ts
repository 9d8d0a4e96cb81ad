import type { Action, ActionResult } from '../api/types';
import type { PlannedAction } from './action';

/** What takes back what was done, as far as something does: deployments, locks and holds. In reverse order. */
export function reverseOf(action: Action, result: ActionResult | undefined): PlannedAction[] {
  if (action.batch) {
    const results = result?.batch?.results ?? [];
    return (action.batch.actions ?? []).flatMap((a, i) => reverseOf(a, results[i])).reverse();
  }
  const { createLock: set, hold, resume } = action;
  const deployed = result?.deploy;
  if (deployed?.outcome === 'DEPLOY_OUTCOME_DEPLOYED' && deployed.previousVersion && deployed.previousVersion !== '0') {
    const { application, environment, previousVersion: version } = deployed;
    return [{ title: `Deploy ${application} ${version} to ${environment} again`, action: { deploy: { application, environment, version } } }];
  }
  if (set) {
    const { scope, id, environment, environmentGroup, application, team } = set;
    return [{ title: scope === 'LOCK_SCOPE_GLOBAL' ? 'End the stop of the whole line' : `Delete lock ${id}`, action: { deleteLock: { scope, id, environment, environmentGroup, application, team } } }];
  }
  if (hold) return [{ title: `Resume ${hold.application} in ${hold.environment}`, action: { resume: hold } }];
  if (resume) return [{ title: `Hold ${resume.application} in ${resume.environment}`, action: { hold: resume } }];
  return [];
}
