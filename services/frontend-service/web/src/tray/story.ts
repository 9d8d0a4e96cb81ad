// What a person has to know before the click: what changes, what it affects, what stays, how to undo it, and whether it asks for a reason.
import { kindOf } from '../api/commands';
import type { Action } from '../api/types';
import { breaksGlass } from './action';
import type { Effect } from './effect';

export interface Story {
  /** The words on the button that does it. */
  verb: string;
  /** It takes something away or goes through what holds: red button, a reason, and the safe button for Enter. */
  danger: boolean;
  /** Why it asks for a reason; unset when it does not. */
  demands?: string;
  /** What changes beyond the effect, in pairs of a name and a sentence. */
  rows: [string, string][];
}

/** Tells an action's story. name is what people call the version it deploys, or its number. */
export function storyOf(action: Action, effect: Effect | undefined, name: string): Story {
  switch (kindOf(action)) {
    case 'deploy':
      return ofDeployment(action, effect, name);
    case 'createLock':
      return plain(action.createLock?.scope === 'LOCK_SCOPE_GLOBAL' ? 'Stop the line' : 'Create the lock');
    case 'deleteLock':
      return ofUnlocking(action);
    case 'runTrain':
      return plain(effect ? `Run the train, move ${effect.deployed}` : 'Run the train');
    case 'hold':
      return { ...plain('Set the hold'), demands: 'A hold says why.' };
    case 'resume':
      return plain('End the hold');
    case 'releaseQueue':
      return plain(effect ? `Release ${effect.deployed} of the queue` : 'Release the queue');
    case 'pauseTrain':
      return { ...plain('Pause the train'), demands: 'A pause says why.' };
    case 'resumeTrain':
      return plain('Resume the train');
    case 'approve':
      return plain('Approve');
    case 'reject':
      return plain('Reject');
    default:
      return ofTheEnd(action);
  }
}

function plain(verb: string): Story {
  return { verb, danger: false, rows: [] };
}

function ofDeployment(action: Action, effect: Effect | undefined, name: string): Story {
  const { application, environment } = action.deploy ?? {};
  if (breaksGlass(action))
    return {
      verb: `Deploy ${name} through what holds it`,
      danger: true,
      demands: 'Whoever goes through a lock or a freeze says why. It stands in the history.',
      rows: [
        ['Affects', `${application} in ${environment}, nothing else.`],
        ['Stays', 'The locks and freezes stay: the next version waits again.'],
        ['To undo', 'Deploy the version that ran before; that sets a hold.'],
      ],
    };
  if (effect?.backwards && effect.deployed + effect.queued + effect.toApprove > 0)
    return {
      verb: `Roll back to ${name}`,
      danger: true,
      demands: 'A roll back says why: the reason stands at the application until somebody resumes it.',
      rows: [
        ['Affects', `${application} in ${environment}, nothing else.`],
        ['Stays', action.deploy?.noHold ? 'No hold: the next train or release takes it forward again.' : 'Held until somebody resumes it or deploys a newer version by hand.'],
        ['To undo', 'Deploy the newer version again; that ends the hold.'],
      ],
    };
  return plain(effect?.queued ? `Queue ${name}` : effect?.toApprove ? `Ask to deploy ${name}` : `Deploy ${name}`);
}

function ofUnlocking(action: Action): Story {
  const stop = action.deleteLock?.scope === 'LOCK_SCOPE_GLOBAL';
  return {
    verb: stop ? 'End the stop' : 'Delete 1 lock',
    danger: true,
    demands: stop ? 'Ending the stop says why.' : 'Deleting a lock says why.',
    rows: [
      ['Stays', 'What other locks, freezes and holds keep back stays queued.'],
      ['To undo', stop ? 'Stop the line again.' : 'Create the lock again.'],
    ],
  };
}

function ofTheEnd(action: Action): Story {
  const { removeFromEnvironment: gone, undeploy, deleteEnvironment, deleteReleaseSet } = action;
  const demands = 'Taking something away says why.';
  if (gone)
    return {
      verb: `Remove ${gone.application} from ${gone.environment}`,
      danger: true,
      demands,
      rows: [
        ['Affects', `Argo CD takes it out of ${gone.environment}. Other environments do not change.`],
        ['Stays', 'Its releases.'],
        ['To undo', 'Deploy a version there again. Locks that went with it do not come back.'],
      ],
    };
  if (undeploy)
    return {
      verb: `Remove ${undeploy.application} for good`,
      danger: true,
      demands,
      rows: [
        ['Affects', 'Every environment that runs it.'],
        ['Stays', 'The history, and its releases in git as the past.'],
        ['To undo', 'Nothing brings it back. CI can post new releases.'],
      ],
    };
  if (deleteEnvironment)
    return {
      verb: `Delete ${deleteEnvironment.environment}`,
      danger: true,
      demands,
      rows: [
        ['Affects', 'Everything that runs there: Argo CD takes it out.'],
        ['Stays', 'The applications and their releases.'],
        ['To undo', 'Create the environment again from its config.json and run a train to it.'],
      ],
    };
  if (deleteReleaseSet)
    return {
      verb: `Delete ${deleteReleaseSet.name}`,
      danger: true,
      demands,
      rows: [
        ['Stays', 'What runs stays as it is.'],
        ['To undo', 'Nothing brings the set back; its versions stand in the history.'],
      ],
    };
  return plain('Do it');
}
