import { Button, Code, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useRef, useState } from 'react';
import { overviewQuery } from '../api/queries';
import type { Overview } from '../api/types';
import type { OverviewSearch } from '../app/router';
import { Empty, Failed, Loading } from '../app/States';
import { CellPanel } from './CellPanel';
import { Matrix } from './Matrix';
import classes from './Matrix.module.css';

/** Home: which version of each application runs in each environment, and what stands out. */
export function OverviewPage() {
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const [selected, setSelected] = useState<{ application: string; environment: string }>();
  const query = useInfiniteQuery(
    overviewQuery({
      search: search.q,
      teams: search.team ? [search.team] : undefined,
      differs: search.only === 'differs',
      locked: search.only === 'locked',
      queued: search.only === 'queued',
    }),
  );
  const applications = useMemo(() => query.data?.pages.flatMap((p) => p.applications ?? []) ?? [], [query.data]);
  const first = query.data?.pages[0];
  const change = (part: OverviewSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });

  if (query.isError && !query.data) return <Failed what="The overview" error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className={classes.pageColumn}>
      <Toolbar search={search} overview={first} change={change} />
      <div className={classes.split}>
        {!first ? (
          <Loading rows={12} />
        ) : applications.length === 0 ? (
          <Nothing filtered={!!(search.q || search.team || search.only)} clear={() => void navigate({ search: {}, replace: true })} />
        ) : (
          <Matrix
            applications={applications}
            environments={first.environments ?? []}
            total={first.total ?? applications.length}
            tight={!!search.tight}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            selected={selected}
            select={setSelected}
          />
        )}
        {selected && (
          <aside className={classes.side} aria-label={`${selected.application} in ${selected.environment}`}>
            <CellPanel
              application={selected.application}
              environment={selected.environment}
              environments={first?.environments ?? []}
              close={() => setSelected(undefined)}
            />
          </aside>
        )}
      </div>
    </div>
  );
}

const ONLY = [
  ['differs', 'Differs from upstream', 'differsFromUpstream'],
  ['locked', 'Locked', 'locked'],
  ['queued', 'Queued', 'queued'],
] as const;

function Toolbar({ search, overview, change }: { search: OverviewSearch; overview?: Overview; change: (part: OverviewSearch) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  const type = useDebouncedCallback((q: string) => change({ q: q || undefined }), 150);
  const teams = useMemo(
    () => [...new Set([search.team, ...(overview?.applications ?? []).map((a) => a.team)].filter((t): t is string => !!t))].sort(),
    [overview, search.team],
  );
  return (
    <div className={classes.bar} role="search">
      <TextInput
        ref={input}
        defaultValue={search.q ?? ''}
        onChange={(e) => type(e.currentTarget.value)}
        placeholder="Filter applications"
        aria-label="Filter applications"
        leftSection={<IconSearch size={14} />}
        w={196}
      />
      <Select
        value={search.team ?? null}
        onChange={(team) => change({ team: team ?? undefined })}
        data={teams}
        placeholder="Team: any"
        aria-label="Team"
        clearable
        searchable
        w={140}
      />
      {ONLY.map(([key, label, count]) => (
        <button
          key={key}
          type="button"
          className={classes.toggle}
          aria-pressed={search.only === key}
          onClick={() => change({ only: search.only === key ? undefined : key })}
        >
          {label} <span className="count">{overview?.counts?.[count] ?? 0}</span>
        </button>
      ))}
      <span className="grow" />
      <SegmentedControl
        size="xs"
        value={search.tight ? 'tight' : 'roomy'}
        onChange={(v) => change({ tight: v === 'tight' ? true : undefined })}
        data={[
          { value: 'roomy', label: 'Roomy' },
          { value: 'tight', label: 'Tight' },
        ]}
        aria-label="Row height"
      />
    </div>
  );
}

const SNIPPET = `curl http://127.0.0.1:8080/release \\
  -F application=cart -F 'manifests[development]=@cart.yaml'`;

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (filtered)
    return (
      <Empty title="No application matches the filter">
        <Button variant="default" onClick={clear}>
          Clear the filter
        </Button>
      </Empty>
    );
  return (
    <Empty title="No applications yet">
      An application appears with its first release. Send one from CI:
      <Code block mt={8} ta="left">
        {SNIPPET}
      </Code>
    </Empty>
  );
}
