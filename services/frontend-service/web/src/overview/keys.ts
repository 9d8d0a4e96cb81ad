// Where the keys lead in the matrix. Column -1 is the application's name.
import type { Application } from '../api/types';
import { differs } from '../common/words';
import type { Column } from './columns';

/** The place in the matrix that has the focus. */
export interface Place {
  row: number;
  column: number;
}

/** How large the matrix is; page is how many rows a page key moves. */
export interface Size {
  rows: number;
  columns: number;
  page: number;
}

/** Where a key moves to; undefined when it is none that moves. */
export function move(key: string, ctrl: boolean, { row, column }: Place, size: Size): Place | undefined {
  const at = (r: number, c: number): Place => ({ row: clamp(r, 0, size.rows - 1), column: clamp(c, -1, size.columns - 1) });
  switch (key) {
    case 'ArrowUp':
      return at(ctrl ? 0 : row - 1, column);
    case 'ArrowDown':
      return at(ctrl ? size.rows - 1 : row + 1, column);
    case 'ArrowLeft':
      return at(row, ctrl ? -1 : column - 1);
    case 'ArrowRight':
      return at(row, ctrl ? size.columns - 1 : column + 1);
    case 'PageUp':
      return at(row - size.page, column);
    case 'PageDown':
      return at(row + size.page, column);
    case 'Home':
      return at(ctrl ? 0 : row, -1);
    case 'End':
      return at(ctrl ? size.rows - 1 : row, size.columns - 1);
    default:
      return undefined;
  }
}

/**
 * The next cell, row by row, that differs from its upstream, or the one before. It looks as far as rows were read: undefined when there is none
 * in them.
 */
export function nextDifference(from: Place, step: 1 | -1, columns: Column[], rowAt: (row: number) => Application | undefined): Place | undefined {
  let { row, column } = from;
  for (let application = rowAt(row); application; application = rowAt(row)) {
    const differing = new Set((application.deployments ?? []).filter(differs).map((d) => d.environment));
    for (column += step; column >= 0 && column < columns.length; column += step) {
      const c = columns[column];
      if (c?.environment ? differing.has(c.environment.name) : c?.folded?.some((e) => differing.has(e.name))) return { row, column };
    }
    row += step;
    if (row < 0) return undefined;
    column = step > 0 ? -1 : columns.length;
  }
  return undefined;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

const SWITCH = 'signalbox.single-keys';

/** Whether letters and signs do something by themselves. Some people speak to their computer, and every word is such keys. */
export function singleKeys(): boolean {
  try {
    return localStorage.getItem(SWITCH) !== 'off';
  } catch {
    return true;
  }
}

/** Switches single keys on or off, for this browser. */
export function setSingleKeys(on: boolean) {
  try {
    localStorage.setItem(SWITCH, on ? 'on' : 'off');
  } catch {
    // A browser that keeps nothing: they stay on.
  }
}

/** Says whether a key press is meant for a field or a dialog. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && !!target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="listbox"]');
}
