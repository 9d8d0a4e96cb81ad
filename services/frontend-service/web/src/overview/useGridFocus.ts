import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { move, type Place, type Size } from './keys';

/**
 * One cell of the grid has the place in the tab order; keys move it. What is scrolled out of view is scrolled in first. Keys that do not move
 * go to other, which may answer with a place to move to.
 */
export function useGridFocus(grid: RefObject<HTMLElement | null>, size: Size, reveal: (place: Place) => void) {
  const [chosen, setPlace] = useState<Place>({ row: 0, column: 0 });
  const place = { row: Math.max(0, Math.min(chosen.row, size.rows - 1)), column: Math.min(chosen.column, size.columns - 1) };
  const moved = useRef<Place | undefined>(undefined);

  useEffect(() => {
    const to = moved.current;
    if (!to) return;
    moved.current = undefined;
    // A cell that was out of view is drawn a frame or two later.
    let frames = 10;
    let frame = 0;
    const focus = () => {
      const cell = grid.current?.querySelector<HTMLElement>(`[data-row="${to.row}"][data-column="${to.column}"]`);
      if (cell) cell.focus({ preventScroll: true });
      else if (frames-- > 0) frame = requestAnimationFrame(focus);
    };
    focus();
    return () => cancelAnimationFrame(frame);
  }, [chosen, grid]);

  const go = (to: Place) => {
    moved.current = to;
    reveal(to);
    setPlace(to);
  };

  const onKeyDown = (event: KeyboardEvent, other: (place: Place) => Place | undefined) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
    if (!cell || event.altKey || event.metaKey) return;
    // The key counts for the cell it was pressed in: screen readers move the focus by themselves.
    const at = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    const to = move(event.key, event.ctrlKey, at, size) ?? other(at);
    if (!to) return;
    event.preventDefault();
    go(to);
  };

  return { place, setPlace, onKeyDown };
}
