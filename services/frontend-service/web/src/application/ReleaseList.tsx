import { Button, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Application, Environment } from '../api/types';
import { Failed } from '../app/States';
import { nameFor } from './lane';
import { ReleaseRow, type RowActions } from './ReleaseRow';
import classes from './Releases.module.css';
import { useLane } from './useLane';
import { useReleases } from './useReleases';

const ROW = 42;
const KEYS: Record<string, number | undefined> = { ArrowDown: 1, ArrowUp: -1, PageDown: 9, PageUp: -9, Home: -Infinity, End: Infinity };

interface Props {
  application: Application;
  environments: Environment[];
  search: string;
  setSearch: (search: string) => void;
  /** Versions that are compared. */
  a: string;
  b: string;
  actions: RowActions;
}

/** The releases of an application as a lane along the environments, newest first. Only the rows in view are read and drawn. */
export function ReleaseList({ application, environments, search, setSearch, a, b, actions }: Props) {
  const releases = useReleases(application.name ?? '', search);
  const scroll = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual is made for this
  const rows = useVirtualizer({ count: releases.total, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 6 });
  const items = rows.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items[items.length - 1]?.index ?? 0];
  const { need } = releases;
  useEffect(() => need(first, last));
  const seen = { first: rows.range?.startIndex ?? first, last: rows.range?.endIndex ?? last };
  const lane = useLane(application, environments, releases.at(last)?.createdAt);
  const [active, setActive] = useState(0);
  const move = (event: KeyboardEvent) => {
    const step = KEYS[event.key];
    if (step === undefined || !(event.target as HTMLElement).dataset.release) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(releases.total - 1, active + step));
    setActive(next);
    rows.scrollToIndex(next);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-release="${next}"]`)?.focus());
  };
  const change = useDebouncedCallback(setSearch, 150);
  const tall = lane.environments.length > 7;
  const stop = tall ? Math.max(14, Math.min(26, Math.floor(340 / lane.environments.length))) : Math.min(84, Math.floor(336 / Math.max(1, lane.environments.length)));
  if (releases.error) return <Failed what="Releases" error={releases.error} retry={releases.retry} />;
  return (
    <section className="panel" aria-label="Releases">
      <header>
        <h2>Releases</h2> <span className="count">{releases.total.toLocaleString('en')}</span>
        <span className="grow" />
        <TextInput
          aria-label="Find releases"
          placeholder="Version, commit, author, PR"
          leftSection={<IconSearch size={14} />}
          defaultValue={search}
          onChange={(e) => change(e.currentTarget.value.trim())}
          w={210}
        />
      </header>
      <div ref={scroll} className={classes.scroll} role="table" aria-label="Releases, newest first" aria-rowcount={releases.total + 1} onKeyDown={move} style={{ '--stop': `${stop}px` } as CSSProperties}>
        <div className={classes.head} data-tall={tall} role="row">
          <span role="cell" />
          <span role="columnheader">Release and commit</span>
          <span className={tall ? classes.tallNames : classes.names} role="columnheader" aria-label="Environments">
            {lane.environments.map((e) => (
              <span key={e} title={e} aria-label={e}>
                {tall ? e : nameFor(e, stop)}
              </span>
            ))}
          </span>
          <span role="columnheader">PR</span>
          <span role="columnheader">CI</span>
          <span role="cell" />
        </div>
        {releases.loading ? (
          <Waiting />
        ) : (
          <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {items.map((item) => (
              <ReleaseRow
                key={item.key}
                release={releases.at(item.index)}
                application={application}
                lane={lane}
                index={item.index}
                top={item.start}
                tabbable={item.index === active}
                focused={() => setActive(item.index)}
                side={sideOf(releases.at(item.index)?.version, a, b)}
                actions={actions}
              />
            ))}
          </div>
        )}
        {!releases.loading && releases.total === 0 && (
          <p className="page ink3">
            {search ? (
              <>
                No release of {application.name} has &quot;{search}&quot; in its version, commit, author or message.{' '}
                <Button variant="subtle" onClick={() => setSearch('')}>
                  Show all
                </Button>
              </>
            ) : (
              'No releases are left: all were removed.'
            )}
          </p>
        )}
      </div>
      <div className={classes.foot}>
        <span>
          {releases.total > 0 &&
            `Releases ${seen.first + 1} to ${Math.min(seen.last + 1, releases.total)} of ${releases.total.toLocaleString('en')}`}
        </span>
        <span className="grow" />
        <Key state="runs" word="runs" />
        <Key state="passed" word="passed through" />
        <Key state="queued" word="queued" />
        <Key state="planned" word="planned" />
      </div>
    </section>
  );
}

function sideOf(version: string | undefined, a: string, b: string): 'A' | 'B' | undefined {
  if (!version) return undefined;
  return version === b ? 'B' : version === a ? 'A' : undefined;
}

function Waiting() {
  return (
    <div aria-busy="true" aria-label="Loading releases" style={{ padding: 12, display: 'grid', gap: 14 }}>
      {[62, 48, 70, 55, 64].map((w) => (
        <Skeleton key={w} height={14} width={`${w}%`} />
      ))}
    </div>
  );
}

function Key({ state, word }: { state: string; word: string }) {
  return (
    <span className={classes.key} aria-hidden="true">
      <span className={classes.stop} data-state={state}>
        <span className={classes.node} />
      </span>
      {word}
    </span>
  );
}
