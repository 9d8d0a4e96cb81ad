// What the command palette finds: pages, environments, applications, and what can be done.
import { type DialogRequest } from '../actions/dialogs';
import type { Application, Environment, EnvironmentGroup } from '../api/types';

export type EntryKind = 'page' | 'application' | 'environment' | 'action';

/** One line of the palette. */
export interface Entry {
  /** Stays the same between visits: recent entries are remembered by it. */
  id: string;
  kind: EntryKind;
  label: string;
  hint?: string;
  to: { page: string } | { application: string } | { environment: string } | { dialog: DialogRequest };
}

const PAGES: [string, string, string][] = [
  ['/', 'Overview', 'What runs where'],
  ['/environments', 'Environments', 'The chain, its configs and freezes'],
  ['/trains', 'Trains', 'Timetable and runs'],
  ['/locks', 'Locks', 'What is held and by whom, and the queue'],
  ['/approvals', 'Approvals', 'What waits for somebody to agree'],
  ['/release-sets', 'Release sets', 'What ran together'],
  ['/history', 'History', 'Who did what, when and why'],
];

/** The pages that exist, in the order of the top bar. */
export function pageEntries(exists: (path: string) => boolean): Entry[] {
  return PAGES.filter(([path]) => exists(path)).map(([path, label, hint]) => ({ id: `page:${path}`, kind: 'page', label, hint, to: { page: path } }));
}

export function environmentEntries(environments: Environment[]): Entry[] {
  return environments.map((e) => ({ id: `environment:${e.name}`, kind: 'environment', label: e.name ?? '', hint: e.environmentGroup !== e.name ? e.environmentGroup : undefined, to: { environment: e.name ?? '' } }));
}

export function applicationEntries(applications: Application[]): Entry[] {
  return applications.map((a) => ({ id: `application:${a.name}`, kind: 'application', label: a.name ?? '', hint: a.team, to: { application: a.name ?? '' } }));
}

/** What can be done, for what is named: "Deploy checkout...", "Lock staging...", "Run train to production...". */
export function actionEntries(applications: Application[], environments: Environment[], groups: EnvironmentGroup[]): Entry[] {
  const action = (label: string, dialog: DialogRequest): Entry => ({ id: `action:${JSON.stringify(dialog)}`, kind: 'action', label: `${label}…`, to: { dialog } });
  const large = groups.filter((g) => (g.environments ?? []).length > 1);
  return [
    action('Deploy an application', { what: 'deploy' }),
    action('Create a lock', { what: 'lock' }),
    action('Run a release train', { what: 'train' }),
    action('Release the queue', { what: 'releaseQueue' }),
    action('Stop the whole line', { what: 'stop' }),
    ...applications.flatMap((a) => [action(`Deploy ${a.name}`, { what: 'deploy', application: a.name }), action(`Lock ${a.name}`, { what: 'lock', application: a.name })]),
    ...environments.flatMap((e) => [
      action(`Lock ${e.name}`, { what: 'lock', environment: e.name }),
      ...(e.upstreamEnvironment ? [action(`Run train to ${e.name}`, { what: 'train', target: e.name })] : []),
    ]),
    ...large.flatMap((g) => [action(`Lock group ${g.name}`, { what: 'lock', environmentGroup: g.name }), action(`Run train to ${g.name}`, { what: 'train', target: g.name, group: true })]),
  ];
}

/** The entries that have every word typed in their label, hint or kind; those that begin with the text first, then as they came. */
export function matching(entries: Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const says = (e: Entry) => `${e.label} ${e.hint ?? ''} ${e.kind}`.toLowerCase();
  const rank = (e: Entry) => (e.label.toLowerCase().startsWith(words.join(' ')) ? 0 : 1);
  return entries.filter((e) => words.every((w) => says(e).includes(w))).sort((a, b) => rank(a) - rank(b));
}

const VERBS = new Set(['deploy', 'lock', 'run', 'train', 'to', 'release', 'queue', 'stop', 'create', 'group', 'application', 'environment', 'page']);

/** The server looks for one name: the last word that does not say what to do, so that "deploy check" finds checkout. */
export function searchWord(text: string): string {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.findLast((w) => !VERBS.has(w)) ?? words.at(-1) ?? '';
}

const RECENT = 'signalbox.recent';
const KEPT = 6;

/** What was chosen last, newest first. */
export function recentEntries(storage: Pick<Storage, 'getItem'> = localStorage): Entry[] {
  try {
    const kept = JSON.parse(storage.getItem(RECENT) ?? '') as { version?: number; entries?: Entry[] };
    return kept.version === 1 && Array.isArray(kept.entries) ? kept.entries : [];
  } catch {
    return [];
  }
}

/** Remembers a choice. */
export function remember(entry: Entry, storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage) {
  const entries = [entry, ...recentEntries(storage).filter((e) => e.id !== entry.id)].slice(0, KEPT);
  try {
    storage.setItem(RECENT, JSON.stringify({ version: 1, entries }));
  } catch {
    // A browser that keeps nothing has no recent entries.
  }
}
