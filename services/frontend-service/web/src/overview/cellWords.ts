// What a cell means, in words: for the card, and for those who listen instead of looking.
import type { Deployment, Environment } from '../api/types';
import { exact } from '../common/Ago';
import type { MarkKind } from '../common/Marks';
import { cameByTrain, clockTime, differs, initials, isBroken, isPending, isQueued, lockScope, nameOf, newerThanUpstream, runs, versionName } from '../common/words';

/** One thing there is to say of a cell, with the mark it belongs to. */
export interface Sentence {
  mark?: MarkKind | 'queued' | 'planned';
  text: string;
}

/** Who brought what runs, as short as a cell needs it: "train", or initials. */
export function byWhom(d: Deployment): string {
  return cameByTrain(d) ? 'train' : initials(d.deployedBy);
}

/** All there is to say: what runs, since when and by whom, and what holds it: why, who, until when. */
export function sentences(d: Deployment | undefined, environment: Environment | undefined, now: Date, planned?: string): Sentence[] {
  const out: Sentence[] = [];
  if (planned) out.push({ mark: 'planned', text: `Planned: ${planned}` });
  if (!d) return [...out, { text: 'Not here: nothing of it was ever deployed to this environment' }];
  const when = (time?: string) => (time ? clockTime(new Date(time), now) : '');
  if (isBroken(d)) out.push({ mark: 'broken', text: d.reason ?? '' });
  else if (runs(d)) {
    const by = nameOf(d.deployedBy);
    out.push({ text: `Since ${d.deployedAt ? exact(new Date(d.deployedAt)) : 'unknown'}${by ? `, by ${by}` : ''}${d.reason ? `: ${d.reason}` : ''}` });
    if (d.sourceAuthor) out.push({ text: `Commit ${(d.commitId ?? '').slice(0, 8)} by ${d.sourceAuthor.replace(/ <.*/, '')}` });
  }
  if (differs(d)) {
    const where = environment?.latest ? 'the newest release is' : `${environment?.upstreamEnvironment ?? 'upstream'} runs`;
    const behind = d.behind ? `, ${d.behind} ${d.behind === 1 ? 'release' : 'releases'} behind` : '';
    out.push({ mark: newerThanUpstream(d) ? 'newer' : undefined, text: `${newerThanUpstream(d) ? 'Newer than upstream: ' : 'Differs: '}${where} ${versionName(d.upstreamVersion, d.upstreamDisplayVersion)}${behind}` });
  }
  if (isPending(d)) out.push({ mark: 'approval', text: `${versionName(d.pendingVersion, d.pendingDisplayVersion)} needs approval (request ${d.approvalId})` });
  if (isQueued(d))
    out.push({
      mark: 'queued',
      text: `${versionName(d.queuedVersion, d.queuedDisplayVersion)} queued since ${when(d.queuedAt)} behind ${d.queuedBecause || 'a lock'}${d.queuedCause === 'freeze' ? '; goes by itself when the freeze ends' : ''}`,
    });
  for (const l of d.locks ?? [])
    out.push({
      mark: 'lock',
      text: `${l.scope === 'LOCK_SCOPE_GLOBAL' ? 'The line is stopped' : `Lock ${l.id} on ${lockScope(l)}`}${nameOf(l.createdBy) ? ` by ${nameOf(l.createdBy)}` : ''}: ${l.message || 'no message'}; ${l.expiresAt ? `ends ${when(l.expiresAt)}` : 'ends when somebody deletes it'}`,
    });
  if (d.frozen) out.push({ mark: 'frozen', text: `Frozen${d.frozenUntil ? ` to ${when(d.frozenUntil)}` : ''}${d.frozenBecause ? `: ${d.frozenBecause}` : ''}` });
  if (d.hold) {
    const by = nameOf(d.holdBy);
    out.push({ mark: 'hold', text: `On hold${d.holdAt ? ` since ${when(d.holdAt)}` : ''}${by ? ` by ${by}` : ''}: ${d.holdReason || 'no reason given'}. Trains pass it by` });
  }
  if (d.editedByHand) out.push({ mark: 'edited', text: 'Edited by hand: the manifest in git is not the one of this release' });
  return out;
}

/** A cell in one line, as its accessible name. */
export function spoken(application: string, environment: string, d?: Deployment, planned?: string): string {
  const parts = [d && runs(d) ? `runs ${versionName(d.version, d.displayVersion)}` : 'nothing runs'];
  if (d) {
    if (d.behind) parts.push(`${d.behind} behind`);
    if (isBroken(d)) parts.push('cannot be read');
    if (isPending(d)) parts.push(`${versionName(d.pendingVersion, d.pendingDisplayVersion)} needs approval`);
    if (isQueued(d)) parts.push(`${versionName(d.queuedVersion, d.queuedDisplayVersion)} queued`);
    if ((d.locks ?? []).length) parts.push('locked');
    if (d.hold) parts.push('on hold');
    if (d.editedByHand) parts.push('edited by hand');
    if (newerThanUpstream(d)) parts.push('newer than upstream');
  }
  if (planned) parts.push(`planned: ${planned}`);
  return `${application} in ${environment}: ${parts.join(', ')}`;
}

/** What has to change for a cell to count as changed. */
export function signature(d?: Deployment): string {
  if (!d) return '';
  const locks = (d.locks ?? []).filter((l) => l.scope === 'LOCK_SCOPE_APPLICATION' || l.scope === 'LOCK_SCOPE_TEAM').map((l) => l.id);
  return [d.version, d.queuedVersion, d.pendingVersion, d.hold, d.editedByHand, d.frozen, ...locks].join('/');
}
