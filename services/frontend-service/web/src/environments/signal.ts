// What the signal before an environment shows, and why.
import type { Freeze } from '../api/line';
import type { Environment, Lock } from '../api/types';

export interface Signal {
  /** Nothing holds the environment as a whole. */
  clear: boolean;
  word: string;
  tone: 'quiet' | 'violet' | 'teal' | 'red';
}

/** What holds every deployment into an environment; the strongest cause gives the word. */
export function signalOf(e: Environment, stop?: Lock): Signal {
  if (e.problem) return { clear: false, word: 'Problem', tone: 'red' };
  if (stop) return { clear: false, word: 'Stopped', tone: 'violet' };
  if ((e.locks ?? []).length) return { clear: false, word: 'Locked', tone: 'violet' };
  if ((e.freezes ?? []).some(holdsAll)) return { clear: false, word: 'Freeze', tone: 'teal' };
  return { clear: true, word: 'Clear', tone: 'quiet' };
}

/** The signal before many environments: what all of them show, or how many are held. */
export function signalOfAll(environments: Environment[], stop?: Lock): Signal {
  const signals = environments.map((e) => signalOf(e, stop));
  const held = signals.filter((s) => !s.clear);
  const [first] = signals;
  if (first && signals.every((s) => s.word === first.word)) return first;
  return { clear: false, word: `${held.length} held`, tone: held[0]?.tone ?? 'quiet' };
}

/** Says whether a freeze concerns every application. */
export function holdsAll(freeze: Freeze): boolean {
  return (freeze.teams ?? []).length + (freeze.applications ?? []).length === 0;
}

/** Whom a freeze concerns, in words. */
export function concerns(freeze: Pick<Freeze, 'teams' | 'applications'>): string {
  const { teams = [], applications = [] } = freeze;
  return [teams.length && `team ${teams.join(', ')}`, applications.length && applications.join(', ')].filter(Boolean).join(' and ') || 'everybody';
}

/** What a freeze is called. */
export function freezeName(freeze: Pick<Freeze, 'window' | 'kind'>): string {
  if (freeze.window) return `Freeze window "${freeze.window}"`;
  return freeze.kind === 'allow' ? 'Outside the allowed hours' : 'Freeze window';
}

/** What holds new versions back: locks, freezes, problems. */
export function isHeld(e: Environment, stop?: Lock): boolean {
  return !signalOf(e, stop).clear || (e.freezes ?? []).length > 0;
}
