// What the tray holds, where it would act in the matrix.
import { cellOf, type PlannedAction } from '../tray';
import type { PlannedHere } from './Row';

/** What is planned for cells, by application and environment. */
export function plannedCells(cards: readonly PlannedAction[]): ReadonlyMap<string, ReadonlyMap<string, PlannedHere>> {
  const out = new Map<string, Map<string, PlannedHere>>();
  for (const { action, title } of cards) {
    const cell = cellOf(action);
    if (!cell) continue;
    const here = out.get(cell.application) ?? new Map<string, PlannedHere>();
    here.set(cell.environment, { words: words(action, title), version: action.deploy?.version });
    out.set(cell.application, here);
  }
  return out;
}

function words(action: PlannedAction['action'], title: string): string {
  if (action.deploy) {
    // The title says the version as people call it: "Deploy checkout 2.15.0 to production-de".
    return `planned → ${/^Deploy \S+ (\S+) to /.exec(title)?.[1] ?? action.deploy.version}`;
  }
  if (action.createLock) return 'planned → a lock';
  if (action.deleteLock) return 'planned → no lock';
  if (action.hold) return 'planned → a hold';
  if (action.resume) return 'planned → no hold';
  return 'planned';
}
