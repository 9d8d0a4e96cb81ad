// What the history keeps in its URLs.

/** Views of the history. */
export type HistoryView = 'deployments' | 'versions' | 'commit';

/** Stretches of time that end now. */
export const PERIODS = { '1h': 'Last hour', '24h': 'Last 24 hours', '7d': 'Last 7 days', '30d': 'Last 30 days' } as const;
export type Period = keyof typeof PERIODS;

/** Filters of the history. Times are ISO 8601. */
export interface HistorySearch {
  view?: HistoryView;
  application?: string;
  environment?: string;
  team?: string;
  author?: string;
  action?: string;
  period?: Period;
  since?: string;
  until?: string;
  /** Source commit. */
  commit?: string;
  /** The moment whose versions are asked for. */
  at?: string;
}

/** Filters of one commit's story. */
export interface StorySearch {
  application?: string;
  environment?: string;
}

type Raw = Record<string, unknown>;

// Numbers in a URL are parsed as numbers: a name or a commit such as "1234567" is text to us.
const text = (value: unknown) => (typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined);
const time = (value: unknown) => (typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined);

export function historySearch(s: Raw): HistorySearch {
  return {
    view: s.view === 'deployments' || s.view === 'versions' || s.view === 'commit' ? s.view : undefined,
    application: text(s.application),
    environment: text(s.environment),
    team: text(s.team),
    author: text(s.author),
    action: text(s.action),
    period: typeof s.period === 'string' && s.period in PERIODS ? (s.period as Period) : undefined,
    since: time(s.since),
    until: time(s.until),
    commit: text(s.commit),
    at: time(s.at),
  };
}

export function storySearch(s: Raw): StorySearch {
  return { application: text(s.application), environment: text(s.environment) };
}

const LENGTH: Record<Period, number> = { '1h': 3600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 };

/** The stretch of time that the filters name. A period that ends now begins at a whole minute, so that the same page asks the same question. */
export function spanOf({ period, since, until }: Pick<HistorySearch, 'period' | 'since' | 'until'>, now: Date): { since?: string; until?: string } {
  if (!period) return { since, until };
  const minute = Math.floor(now.getTime() / 60_000) * 60_000;
  return { since: new Date(minute - LENGTH[period] * 1000).toISOString() };
}

/** A moment as a field of date and time wants it, on the clocks of this browser. */
export function toField(iso?: string): string {
  if (!iso) return '';
  const t = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}T${two(t.getHours())}:${two(t.getMinutes())}`;
}

/** What a field of date and time holds, as a moment; undefined while it is not complete. */
export function fromField(value: string): string | undefined {
  const t = new Date(value);
  return value && !Number.isNaN(t.getTime()) ? t.toISOString() : undefined;
}
