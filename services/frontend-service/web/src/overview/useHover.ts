import { type FocusEvent, type MouseEvent, type RefObject, useEffect, useRef, useState } from 'react';

const DELAY_MS = 350;

interface Hovered {
  row: number;
  column: number;
  rect: DOMRect;
}

/** The cell under the pointer, or with the focus, once it has been so for a moment. */
export function useHover(grid: RefObject<HTMLElement | null>) {
  const [hovered, setHovered] = useState<Hovered>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const over = useRef<Element | undefined>(undefined);

  const hide = () => {
    clearTimeout(timer.current);
    over.current = undefined;
    setHovered(undefined);
  };
  const show = (target: EventTarget) => {
    const cell = (target as HTMLElement).closest<HTMLElement>('[role="gridcell"][data-row]') ?? undefined;
    if (cell === over.current) return;
    hide();
    if (!cell) return;
    over.current = cell;
    timer.current = setTimeout(() => setHovered({ row: Number(cell.dataset.row), column: Number(cell.dataset.column), rect: cell.getBoundingClientRect() }), DELAY_MS);
  };

  useEffect(() => {
    const element = grid.current;
    element?.addEventListener('scroll', hide, { passive: true });
    return () => {
      clearTimeout(timer.current);
      element?.removeEventListener('scroll', hide);
    };
  }, [grid]);

  const handlers = {
    onMouseOver: (event: MouseEvent) => show(event.target),
    onMouseLeave: hide,
    onFocus: (event: FocusEvent) => {
      if (event.target.matches(':focus-visible')) show(event.target);
    },
    onBlur: hide,
  };
  return { hovered, handlers, hide };
}
