// The history in words.
import type { HistoryEntry } from '../api/types';

/** Kinds of commits, by the action their trailer names. */
export const ACTIONS: Record<string, string> = {
  'create-release': 'Release',
  deploy: 'Deployment',
  'run-train': 'Release train',
  depart: 'Train of the timetable',
  'create-lock': 'Lock set',
  'delete-lock': 'Lock deleted',
  'end-expired': 'Expired',
  'catch-up': 'Caught up after a freeze',
  'release-queue': 'Queue released',
  hold: 'Hold set',
  resume: 'Hold ended',
  approve: 'Approved',
  reject: 'Rejected',
  batch: 'Several actions',
  'create-release-set': 'Release set created',
  'delete-release-set': 'Release set deleted',
  'pause-train': 'Train paused',
  'resume-train': 'Train resumed',
  'apply-environment': 'Environment configured',
  'apply-environment-group': 'Group configured',
  'apply-application': 'Application settings',
  'prepare-undeploy': 'Undeploy prepared',
  undeploy: 'Undeployed',
  'remove-from-environment': 'Removed from environment',
  'delete-environment': 'Environment deleted',
  'render-environment': 'Environment rendered',
  'clean-up': 'Clean-up',
  foreign: 'Past Signalbox',
};

/** What an action is called; one that is not known yet by its own name. */
export function actionName(action?: string): string {
  return ACTIONS[action ?? ''] ?? (action ?? '').replaceAll('-', ' ');
}

/** Trains and the clock act for nobody in particular. */
export function isTrain(action?: string): boolean {
  return action === 'run-train' || action === 'depart';
}

const WHAT: Record<string, string> = {
  'created-release': 'release created',
  unqueued: 'no longer queued',
  held: 'hold set',
  resumed: 'hold ended',
  'broke-glass': 'went through a lock or a freeze',
  'environment-changed': 'configuration changed',
  'group-changed': 'group settings changed',
  'application-changed': 'settings changed',
  rendered: 'written as released',
};

/** What happened to one thing, such as "deployed" or "hold set". */
export function whatWords(what?: string): string {
  return WHAT[what ?? ''] ?? (what ?? '').replaceAll('-', ' ');
}

/** What a commit did beyond its first line, at most three things. */
export function effectsOf(entry: HistoryEntry): string {
  const lines = (entry.details ?? [])
    .filter((d) => d.what === 'deployed' || d.what === 'queued')
    .map((d) => `${d.what} ${d.application} ${d.version} ${d.what === 'queued' ? 'for' : 'to'} ${d.environment}`);
  if (lines.length <= 1) return '';
  return lines.slice(0, 3).join(', ') + (lines.length > 3 ? ` and ${(lines.length - 3).toLocaleString('en')} more` : '');
}

/** Says whether a commit went through a lock or a freeze. */
export function brokeGlass(entry: HistoryEntry): boolean {
  return (entry.details ?? []).some((d) => d.what === 'broke-glass');
}

/** The part of a commit message that is for people: without its first line, without trailers, and the trailers alone. */
export function splitMessage(message?: string): { body: string; trailers: string[] } {
  const lines = (message ?? '').trimEnd().split('\n').slice(1);
  let cut = lines.length;
  while (cut > 0 && /^[A-Z][A-Za-z-]+: /.test(lines[cut - 1] ?? '')) cut--;
  // Trailers stand in a paragraph of their own.
  if (cut > 0 && lines[cut - 1] !== '') cut = lines.length;
  return { body: lines.slice(0, cut).join('\n').trim(), trailers: lines.slice(cut) };
}
