// What the overview shows, in the URL: everything but where it is scrolled to.
import type { Only, OverviewFilter } from '../api/overview';

/** The overview's part of the URL. Lists are separated by commas; names hold none. */
export interface OverviewSearch {
  q?: string;
  /** Teams, environments (columns), and conditions. */
  team?: string;
  env?: string;
  only?: string;
  tight?: boolean;
  /** Groups folded into one column, and groups that would be and are not. */
  fold?: string;
  unfold?: string;
  /** The application whose lane is open. */
  lane?: string;
  /** The cell in the side panel: application/environment. */
  at?: string;
}

/** The conditions in words, the most asked for first. */
export const ONLY: readonly { only: Only; words: string }[] = [
  { only: 'differs', words: 'Differs from upstream' },
  { only: 'locked', words: 'Locked' },
  { only: 'queued', words: 'Queued' },
  { only: 'stuck', words: 'Stuck' },
  { only: 'held', words: 'On hold' },
  { only: 'approval', words: 'Needs approval' },
  { only: 'frozen', words: 'Frozen' },
  { only: 'newer', words: 'Newer than upstream' },
];

/** Reads the URL; what it does not know is left out. */
export function overviewSearch(raw: Record<string, unknown>): OverviewSearch {
  const only = list(text(raw.only)).filter((o) => ONLY.some((known) => known.only === o));
  return {
    q: text(raw.q),
    team: text(raw.team),
    env: text(raw.env),
    only: joined(only),
    tight: raw.tight === true ? true : undefined,
    fold: text(raw.fold),
    unfold: text(raw.unfold),
    lane: text(raw.lane),
    at: text(raw.at),
  };
}

/** What the server is asked for. */
export function filterOf(search: OverviewSearch): OverviewFilter {
  const some = (names: string[]) => (names.length ? names : undefined);
  return { search: search.q, teams: some(list(search.team)), environments: some(list(search.env)), only: list(search.only) as Only[] };
}

/** Says whether the filter leaves anything out. */
export function isFiltered(search: OverviewSearch): boolean {
  return !!(search.q || search.team || search.env || search.only);
}

/** The members of a list in the URL. */
export function list(value?: string): string[] {
  return value ? value.split(',').filter(Boolean) : [];
}

/** A list for the URL; undefined when it is empty, which leaves it out. */
export function joined(members: readonly string[]): string | undefined {
  return members.length ? members.join(',') : undefined;
}

/** The list with a member added, or without it. */
export function toggled(value: string | undefined, member: string): string | undefined {
  const members = list(value);
  return joined(members.includes(member) ? members.filter((m) => m !== member) : [...members, member]);
}

// Numbers in a URL are parsed as numbers: a search for "42" is text to us.
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value ? value : undefined;
}
