import { useSyncExternalStore } from 'react';

/** Who did it, as the API says it. */
export interface Actor {
  name?: string;
  email?: string;
}

const KEY = 'signalbox.actor';
const NOBODY: Actor = {};
const listeners = new Set<() => void>();
let me = read();

window.addEventListener('storage', (event) => {
  if (event.key !== KEY && event.key !== null) return;
  me = read();
  for (const listener of listeners) listener();
});

/** Who sits here, as they said themselves; empty when they did not. */
export function whoAmI(): Actor {
  return me;
}

/** Says who sits here; kept in this browser. Nobody, when there is no name. */
export function iAm(actor: Actor) {
  me = actor.name && actor.email ? { name: actor.name, email: actor.email } : NOBODY;
  try {
    localStorage.setItem(KEY, JSON.stringify(me));
  } catch {
    // A browser that keeps nothing: known as long as the page is open.
  }
  for (const listener of listeners) listener();
}

export function useMe(): Actor {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, whoAmI);
}

/** Why somebody cannot be the author of a commit; unset when they can. */
export function actorProblem(actor: Actor): string | undefined {
  const name = actor.name?.trim() ?? '';
  const email = actor.email?.trim() ?? '';
  if (!name !== !email) return 'An author has a name and an e-mail address.';
  if (/[<>\u0000-\u001f\u007f]/.test(name + email)) return 'An author is one line without < and >.';
  return [...name].length > 200 || [...email].length > 200 ? 'At most 200 characters each.' : undefined;
}

/** The headers that name the author of a command: base64 of UTF-8. */
export function authorHeaders(actor: Actor): Record<string, string> {
  if (!actor.name || !actor.email) return {};
  return { 'author-name': base64(actor.name), 'author-email': base64(actor.email) };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function read(): Actor {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Actor;
    return kept.name && kept.email ? { name: kept.name, email: kept.email } : NOBODY;
  } catch {
    return NOBODY;
  }
}
