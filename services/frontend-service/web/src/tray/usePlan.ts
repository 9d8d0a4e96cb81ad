import { useSyncExternalStore } from 'react';
import { cellOf, type PlannedAction } from './action';
import { tray, useTray } from './store';

/** What pages do with an action: plan it, or carry it out at once. */
export interface Planner {
  /** Puts the action into the tray. */
  plan: (action: PlannedAction) => void;
  /** Opens the dialog that shows what the action does, asks for the reason where one is due, and carries it out. */
  now: (action: PlannedAction) => void;
}

/** From this width on the tray stands beside the page. */
export const DOCKED = '(min-width: 1280px)';

/** What the tray and the dialog show beside the plan: open or not, and the action to carry out at once. */
interface View {
  open: boolean;
  now?: PlannedAction;
}

// Beside the page an unfinished plan shows itself; over the page it would hide what the reader came for.
let view: View = { open: tray.snapshot().cards.length > 0 && window.matchMedia?.(DOCKED).matches };
const listeners = new Set<() => void>();

/** Changes what is shown. */
export function show(change: Partial<View>) {
  view = { ...view, ...change };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useView(): View {
  return useSyncExternalStore(subscribe, () => view);
}

const planner: Planner = {
  plan: (action) => {
    tray.add(action);
    show({ open: true });
  },
  now: (action) => show({ now: action }),
};

/** Plans actions, or carries them out at once. The answer is the same object at every call. */
export function usePlan(): Planner {
  return planner;
}

/** What is planned for a cell of the matrix, to be drawn there: the titles, in the order of the tray. */
export function usePlannedIn(application: string, environment: string): PlannedAction[] {
  return useTray().cards.filter((c) => {
    const cell = cellOf(c.action);
    return cell?.application === application && cell.environment === environment;
  });
}
