// The tray's contents. They outlive reload and navigation, and the tabs of a browser share them.
import { useSyncExternalStore } from 'react';
import { type PlannedAction, placeOf } from './action';

/** An action in the tray. */
export interface Card extends PlannedAction {
  id: string;
  /** What it did when somebody last looked, in the words of its effect; unset until the first preview. */
  seen?: string;
  /** What it would have done before the state changed under it; set until somebody has looked at the change. */
  changedFrom?: string;
}

/** What is planned, and why. */
export interface Plan {
  cards: Card[];
  reason: string;
  /** What was sent and whose outcome nobody has read yet. Its cards stay as they are until then. */
  attempt?: Attempt;
}

/** Cards that are being carried out. */
export interface Attempt {
  /** Sending the same cards again under the same key carries them out once. */
  key: string;
  ids: string[];
  reason: string;
  /** When it was sent first, in milliseconds since 1970. */
  at: number;
}

/** How long the server remembers a key, with some time to spare: after that, sending again would do it again. */
const REMEMBERED_MS = 20 * 3_600_000;

/** Says whether an attempt can still be sent again without doing it twice. */
export function canAskAgain(attempt: Attempt, now: Date): boolean {
  return now.getTime() - attempt.at < REMEMBERED_MS;
}

const KEY = 'signalbox.tray';
const VERSION = 1;
const EMPTY: Plan = { cards: [], reason: '' };

/** Keeps the plan in the browser's storage. */
export class TrayStore {
  private plan: Plan;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage) {
    this.plan = this.read();
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.plan;

  /** Takes over what another tab wrote. */
  heard = (event: Pick<StorageEvent, 'key'>) => {
    if (event.key !== KEY && event.key !== null) return;
    this.plan = this.read();
    this.tell();
  };

  /** Plans an action; it replaces what was planned for the same place. */
  add(planned: PlannedAction) {
    const card: Card = { id: crypto.randomUUID(), action: planned.action, title: planned.title };
    const at = this.plan.cards.findIndex((c) => placeOf(c.action) === placeOf(planned.action) && !this.sent(c.id));
    this.setCards(at < 0 ? [...this.plan.cards, card] : this.plan.cards.with(at, card));
  }

  /** Changes what a card does, such as its answer to a conflict. */
  change(id: string, action: PlannedAction['action']) {
    if (this.sent(id)) return;
    this.setCards(this.plan.cards.map((c) => (c.id === id ? { id: c.id, title: c.title, action } : c)));
  }

  /** Takes cards out; what was sent stays until its outcome is known. */
  remove(...ids: string[]) {
    this.setCards(this.plan.cards.filter((c) => !ids.includes(c.id) || this.sent(c.id)));
  }

  setReason(reason: string) {
    this.write({ ...this.plan, reason });
  }

  /** Notes that the cards are sent; one whose outcome is not known yet is sent again as it was. */
  attempt(): { attempt: Attempt; cards: Card[] } {
    const attempt = this.plan.attempt ?? { key: crypto.randomUUID(), ids: this.plan.cards.map((c) => c.id), reason: this.plan.reason.trim(), at: Date.now() };
    if (!this.plan.attempt) this.write({ ...this.plan, attempt });
    return { attempt, cards: this.plan.cards.filter((c) => attempt.ids.includes(c.id)) };
  }

  /** The outcome is known: what was done leaves the tray, what was refused stays as it was. */
  ended(done: boolean) {
    const { attempt, cards, reason } = this.plan;
    if (!attempt) return;
    const left = done ? cards.filter((c) => !attempt.ids.includes(c.id)) : cards;
    this.write(left.length ? { cards: left, reason } : EMPTY);
  }

  /** Gives up asking for the outcome: somebody has looked into the history, and the cards are planned as before. */
  forget() {
    this.write({ cards: this.plan.cards, reason: this.plan.reason });
  }

  private sent(id: string): boolean {
    return !!this.plan.attempt?.ids.includes(id);
  }

  /**
   * Notes what the cards would do now. When nobody touched the tray, an effect that differs from what was seen is a change by somebody else:
   * the card says so until it is looked at.
   */
  saw(effects: ReadonlyMap<string, string>, touched: boolean) {
    const cards = this.plan.cards.map((card) => {
      const now = effects.get(card.id);
      if (now === undefined || now === card.seen) return card;
      const changedFrom = touched || card.seen === undefined ? card.changedFrom : (card.changedFrom ?? card.seen);
      return { ...card, seen: now, changedFrom: changedFrom === now ? undefined : changedFrom };
    });
    if (cards.some((c, i) => c !== this.plan.cards[i])) this.write({ ...this.plan, cards });
  }

  /** Somebody has looked at what changed. */
  looked(id: string) {
    this.write({ ...this.plan, cards: this.plan.cards.map((c) => (c.id === id ? { ...c, changedFrom: undefined } : c)) });
  }

  private setCards(cards: Card[]) {
    this.write(cards.length ? { ...this.plan, cards } : EMPTY);
  }

  private write(plan: Plan) {
    this.plan = plan;
    try {
      this.storage.setItem(KEY, JSON.stringify({ version: VERSION, ...plan }));
    } catch {
      // A browser that keeps nothing: the plan lives as long as the page.
    }
    this.tell();
  }

  private read(): Plan {
    try {
      const kept = JSON.parse(this.storage.getItem(KEY) ?? '') as Partial<Plan> & { version?: number };
      if (kept.version !== VERSION || !Array.isArray(kept.cards)) return EMPTY;
      return { cards: kept.cards, reason: kept.reason ?? '', attempt: kept.attempt };
    } catch {
      return EMPTY;
    }
  }

  private tell() {
    for (const listener of this.listeners) listener();
  }
}

export const tray = new TrayStore();
window.addEventListener('storage', tray.heard);

/** The plan, as React state. */
export function useTray(): Plan {
  return useSyncExternalStore(tray.subscribe, tray.snapshot);
}
