import { useCallback, useMemo, useRef, useState } from 'react';
import type { CellRef } from './cellActions';
import type { Place } from './keys';

/** Cells chosen for an action on all of them. */
export function useChosen() {
  const [cells, setCells] = useState<CellRef[]>([]);
  const last = useRef<Place | undefined>(undefined);

  const toggle = useCallback((cell: CellRef, at: Place, range: boolean, cellAt: (place: Place) => CellRef | undefined) => {
    const from = range ? last.current : undefined;
    last.current = at;
    setCells((old) => {
      if (!from) return has(old, cell) ? old.filter((c) => !same(c, cell)) : [...old, cell];
      const added = between(from, at).flatMap((p) => cellAt(p) ?? []);
      return [...old, ...added.filter((c) => !has(old, c))];
    });
  }, []);

  const byApplication = useMemo(() => {
    const out = new Map<string, Set<string>>();
    for (const c of cells) out.set(c.application, (out.get(c.application) ?? new Set()).add(c.environment));
    return out;
  }, [cells]);

  return { cells, byApplication, toggle, clear: () => setCells([]) };
}

/** All places of the rectangle between two, both included. */
export function between(a: Place, b: Place): Place[] {
  const out: Place[] = [];
  for (let row = Math.min(a.row, b.row); row <= Math.max(a.row, b.row); row++)
    for (let column = Math.min(a.column, b.column); column <= Math.max(a.column, b.column); column++) out.push({ row, column });
  return out;
}

function same(a: CellRef, b: CellRef): boolean {
  return a.application === b.application && a.environment === b.environment;
}

function has(cells: CellRef[], cell: CellRef): boolean {
  return cells.some((c) => same(c, cell));
}
