// What an action would do, in words and in numbers, read from the server's answer to a dry run.
import type { Action, ActionResult, DeployResult, Lock, TrainResult } from '../api/types';
import { counted } from '../common/count';
import { lockSentence } from '../common/words';
import { breaksGlass } from './action';

/** How many things happen, for the sum before the click. */
export interface Counts {
  deployed: number;
  queued: number;
  toApprove: number;
  skipped: number;
  locksSet: number;
  locksEnded: number;
  /** Everything else that changes something. */
  other: number;
}

/** The effect of one action on the state as it is. */
export interface Effect extends Counts {
  /** One sentence each, the most important first. */
  lines: string[];
  /** What holds a deployment back, when something does and the deployment did not say to ignore it. */
  heldBy?: string;
  /** An older version takes the place of a newer one. */
  backwards: boolean;
  /** What runs until then, where a version is deployed; "0" for nothing. */
  from?: string;
}

const NOTHING: Counts = { deployed: 0, queued: 0, toApprove: 0, skipped: 0, locksSet: 0, locksEnded: 0, other: 0 };

/** Reads an answer. */
export function effectOf(action: Action, result: ActionResult | undefined): Effect {
  const none = { ...NOTHING, lines: [], backwards: false };
  if (!result) return none;
  if (result.deploy) return ofDeployment(action, result.deploy);
  if (result.runTrain) return ofTrain(result.runTrain);
  const moved = result.releaseQueue?.applications ?? result.approve?.deployments;
  if (moved) return { ...none, ...countOf(moved), lines: [`${sentence(countOf(moved))}.`, ...whyNot(moved)] };
  const locks = result.createLock?.locks ?? result.deleteLock?.locks;
  if (locks) return ofLock(action, locks, result.deleteLock?.unqueued ?? []);
  const gone = result.undeploy ?? result.removeFromEnvironment ?? result.deleteEnvironment;
  if (gone) {
    const parts = [
      counted((gone.deployments ?? []).length, 'deployment ends', 'deployments end'),
      counted((gone.locks ?? []).length, 'lock goes with it', 'locks go with it'),
      ...(gone.releases ? [counted(gone.releases, 'release becomes history', 'releases become history')] : []),
    ];
    return { ...none, other: 1, locksEnded: (gone.locks ?? []).length, lines: [`${parts.join(', ')}.`] };
  }
  if (result.hold) return { ...none, other: 1, lines: [`Trains and new releases leave version ${result.hold.version} alone until somebody resumes it.`] };
  if (result.resume) return { ...none, other: 1, lines: ['Trains and new releases take it along again. Nothing is deployed by that alone.'] };
  return { ...none, other: result.unchanged ? 0 : 1, lines: [result.unchanged ? 'Nothing changes.' : 'One commit changes what is written about it.'] };
}

function ofDeployment(action: Action, d: DeployResult): Effect {
  const backwards = !!d.version && !!d.previousVersion && BigInt(d.version) < BigInt(d.previousVersion);
  return { ...NOTHING, ...countOf([d]), lines: linesOfDeployment(action, d), from: d.previousVersion ?? '0', heldBy: d.outcome === 'DEPLOY_OUTCOME_QUEUED' ? d.because : undefined, backwards };
}

function linesOfDeployment(action: Action, d: DeployResult): string[] {
  switch (d.outcome) {
    case 'DEPLOY_OUTCOME_DEPLOYED': {
      const lines = ['Deployed at once.'];
      if (breaksGlass(action)) lines.push(d.locks?.length ? `Goes through ${d.locks.map((l) => `lock ${l.id}`).join(', ')}.` : 'Goes through every lock and freeze there is by then.');
      if (d.held) lines.push('Sets a hold: trains and new releases leave it alone until somebody resumes it.');
      return lines;
    }
    case 'DEPLOY_OUTCOME_QUEUED':
      return [d.frozenUntil ? `Queued behind ${d.because}. Goes by itself when the freeze ends.` : `Queued behind ${d.because}.`];
    case 'DEPLOY_OUTCOME_PENDING_APPROVAL':
      return ['Asks for approval. It is deployed when somebody who may approves it.'];
    case 'DEPLOY_OUTCOME_UNCHANGED':
      return ['Nothing changes: it runs already.'];
    default:
      return [`Not deployed: ${d.because || 'the rules leave it alone'}.`];
  }
}

function ofTrain(train: TrainResult): Effect {
  const environments = train.environments ?? [];
  const all = environments.flatMap((e) => e.applications ?? []);
  const lines = environments.map((e) => (e.because ? `${e.environment}: skipped, ${e.because}.` : `${e.environment}: ${sentence(countOf(e.applications ?? []))}.`));
  return { ...NOTHING, ...countOf(all), lines: [...lines, ...whyNot(all)], backwards: false };
}

function ofLock(action: Action, locks: Lock[], unqueued: DeployResult[]): Effect {
  if (action.createLock) {
    const what = action.createLock.scope === 'LOCK_SCOPE_GLOBAL' ? 'Nothing is deployed anywhere' : 'New versions are queued here';
    return { ...NOTHING, locksSet: locks.length, backwards: false, lines: [`${what} until it ends. What runs keeps running.`] };
  }
  const lines = ['Deploys nothing by itself: what waits goes with the next train, or when somebody releases the queue.'];
  if (unqueued.length) lines.push(`${counted(unqueued.length, 'queued version runs', 'queued versions run')} already and no longer waits.`);
  return { ...NOTHING, locksEnded: locks.length, backwards: false, lines: [...locks.map((l) => `${lockSentence(l)}.`), ...lines] };
}

/** The whole effect in words: what somebody saw, to tell whether it is still so. */
export function inWords(e: Effect): string {
  const from = e.from === undefined ? '' : `From ${e.from === '0' ? 'nothing' : `version ${e.from}`}. `;
  return from + e.lines.join(' ');
}

/** Why the first few of those that wait, wait. */
function whyNot(all: DeployResult[]): string[] {
  const causes = new Map<string, string[]>();
  for (const d of all) {
    if (d.outcome !== 'DEPLOY_OUTCOME_QUEUED' || !d.because) continue;
    causes.set(d.because, [...(causes.get(d.because) ?? []), d.application ?? '']);
  }
  return [...causes].slice(0, 3).map(([because, names]) => `Behind ${because}: ${few(names)}.`);
}

/** The first three names, and how many more. */
export function few(names: string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function countOf(all: DeployResult[]): Pick<Counts, 'deployed' | 'queued' | 'toApprove' | 'skipped'> {
  const ended = (outcome: DeployResult['outcome']) => all.filter((d) => d.outcome === outcome).length;
  return {
    deployed: ended('DEPLOY_OUTCOME_DEPLOYED'),
    queued: ended('DEPLOY_OUTCOME_QUEUED'),
    toApprove: ended('DEPLOY_OUTCOME_PENDING_APPROVAL'),
    skipped: ended('DEPLOY_OUTCOME_SKIPPED') + ended('DEPLOY_OUTCOME_UNCHANGED'),
  };
}

/** Adds effects up. */
export function sum(effects: Iterable<Counts>): Counts {
  const total = { ...NOTHING };
  for (const e of effects) for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += e[key];
  return total;
}

/** The outcome in one line, such as "1 queued, 1 lock set, nothing deployed now". */
export function sentence(c: Partial<Counts>): string {
  const parts: string[] = [];
  if (c.deployed) parts.push(`${c.deployed} deployed`);
  if (c.queued) parts.push(`${c.queued} queued`);
  if (c.toApprove) parts.push(`${c.toApprove} to approve`);
  if (c.locksSet) parts.push(counted(c.locksSet, 'lock set', 'locks set'));
  if (c.locksEnded) parts.push(counted(c.locksEnded, 'lock ended', 'locks ended'));
  if (c.other) parts.push(counted(c.other, 'other change'));
  if (c.skipped) parts.push(`${c.skipped} skipped`);
  if (!c.deployed) parts.push('nothing deployed now');
  return parts.join(', ');
}
