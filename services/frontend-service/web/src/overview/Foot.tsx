import { Button } from '@mantine/core';
import type { Column } from './columns';
import classes from './Page.module.css';
import type { Rows } from './useOverview';
import { useView, type ViewStore } from './view';

interface Props {
  rows: Rows;
  columns: Column[];
  view: ViewStore;
  /** Cells chosen for an action on all of them. */
  chosen: number;
  deploy: () => void;
  lock: () => void;
  clear: () => void;
  help: () => void;
  keys: boolean;
}

/** Says which part of the matrix is in view, and what keys do. */
export function Foot({ rows, columns, view: store, chosen, deploy, lock, clear, help, keys }: Props) {
  const view = useView(store);
  const environments = columns.reduce((n, c) => n + (c.folded?.length ?? 1), 0);
  const folded = columns.filter((c) => c.folded).map((c) => c.group);
  const last = Math.min(view.rows.last + 1, rows.total);
  return (
    <footer className={classes.foot}>
      <span>
        Rows {rows.total ? view.rows.first + 1 : 0} to {last.toLocaleString()} of {rows.total.toLocaleString()}. Columns {view.columns.first + 1} to {view.columns.last + 1} of{' '}
        {columns.length}
        {folded.length > 0 ? `, ${folded.join(', ')} folded (${environments} environments in all)` : ''}
      </span>
      {rows.error && rows.head && (
        <span style={{ color: 'var(--red)' }} role="alert">
          Some rows could not be read: {rows.error.message}{' '}
          <Button size="compact-xs" variant="default" onClick={rows.retry}>
            Try again
          </Button>
        </span>
      )}
      <span className="grow" />
      {chosen > 0 ? (
        <span className={classes.chosen}>
          {chosen} {chosen === 1 ? 'cell' : 'cells'} chosen
          <Button size="compact-xs" variant="default" onClick={deploy}>
            Plan to deploy what upstream runs
          </Button>
          <Button size="compact-xs" variant="default" onClick={lock}>
            Lock…
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={clear}>
            Clear
          </Button>
        </span>
      ) : (
        <span className={classes.keys}>
          <kbd>↑</kbd>
          <kbd>↓</kbd>
          <kbd>←</kbd>
          <kbd>→</kbd> move&ensp;<kbd>Enter</kbd> open&ensp;<kbd>Space</kbd> lane&ensp;
          {keys && (
            <>
              <kbd>D</kbd> deploy&ensp;<kbd>L</kbd> lock&ensp;
            </>
          )}
          <Button size="compact-xs" variant="subtle" color="gray" onClick={help}>
            {keys && <kbd style={{ marginRight: 4 }}>?</kbd>} all keys
          </Button>
        </span>
      )}
    </footer>
  );
}
