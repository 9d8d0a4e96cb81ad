import type { Approval } from '../api/line';

const ASKED_BY: Record<string, string> = {
  deploy: 'Deployment',
  'run-train': 'Release train',
  depart: 'Train of the timetable',
  'create-release': 'New release',
  'release-queue': 'Release of the queue',
  'catch-up': 'Catching up after a freeze',
};

/** What asked for approval, in words. */
export function askedBy(approval: Approval): string {
  return ASKED_BY[approval.action ?? ''] ?? (approval.action ?? '').replaceAll('-', ' ');
}

/** Who may approve, in one sentence. */
export function mayApprove({ approvers = [], notAuthor }: Pick<Approval, 'approvers' | 'notAuthor'>): string {
  const who = approvers.length ? approvers.map((a) => (a.startsWith('role:') ? `anyone with the role ${a.slice(5)}` : a)).join(', or ') : 'Everybody';
  const words = who.charAt(0).toUpperCase() + who.slice(1);
  return notAuthor ? `${words}; neither who asked nor who wrote one of the releases` : words;
}

/** What a request would deploy, in a few words. */
export function wanted(approval: Approval): string {
  const changes = approval.changes ?? [];
  const [first] = changes;
  if (changes.length === 1 && first) return `${first.application} ${first.displayVersion || first.version}`;
  return `${changes.length} applications`;
}
