import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { environmentsQuery, locksQuery } from '../api/queries';
import type { EnvironmentsSearch } from '../app/lineSearch';
import { Empty, Failed, Loading } from '../app/States';
import page from '../common/Page.module.css';
import { Page, Toggle } from '../common/Page';
import { Segments } from '../common/Segments';
import { CalendarPanel } from '../trains/CalendarPanel';
import { Chain } from './Chain';
import { EnvironmentSide } from './EnvironmentSide';
import { EnvironmentsTable } from './EnvironmentsTable';
import { NewEnvironment } from './NewEnvironment';
import { isHeld } from './signal';

/** The chain of environments: where releases come from, what holds them, when trains depart. */
export function EnvironmentsPage() {
  const search = useSearch({ from: '/environments' });
  const navigate = useNavigate({ from: '/environments' });
  const query = useQuery(environmentsQuery);
  const locks = useQuery(locksQuery);
  const [creating, setCreating] = useState(false);
  const [days, setDays] = useState(14);
  const change = useCallback((part: EnvironmentsSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true }), [navigate]);
  const choose = useCallback((environment: string) => change({ environment }), [change]);
  const all = query.data?.environments ?? [];
  const stop = locks.data?.locks?.find((l) => l.scope === 'LOCK_SCOPE_GLOBAL');
  const held = all.filter((e) => isHeld(e, stop));
  const shown = (search.held ? held : all).filter((e) => !search.q || `${e.name} ${e.environmentGroup}`.includes(search.q));
  const chosen = all.find((e) => e.name === search.environment);
  const view = search.view ?? 'chain';
  const bar = (
    <>
      <h1>Environments</h1>
      {query.data && <span className="count">{all.length}</span>}
      <Segments
        label="View"
        value={view}
        data={[
          { value: 'chain', label: 'Chain' },
          { value: 'table', label: 'Table' },
          { value: 'freezes', label: 'Freeze calendar' },
        ]}
        onChange={(v) => change({ view: v === 'chain' ? undefined : v })}
      />
      <TextInput
        aria-label="Find an environment"
        placeholder="Find environment"
        leftSection={<IconSearch size={14} />}
        value={search.q ?? ''}
        onChange={(e) => change({ q: e.currentTarget.value || undefined })}
        w={180}
      />
      <Toggle on={!!search.held} count={held.length} onChange={(on) => change({ held: on || undefined })}>
        Held
      </Toggle>
      <span className="grow" />
      <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => setCreating(true)}>
        New environment…
      </Button>
    </>
  );
  const aside = chosen && <EnvironmentSide key={chosen.name} environment={chosen} stop={stop} close={() => change({ environment: undefined })} />;
  return (
    <Page bar={bar} aside={aside}>
      {query.isError ? (
        <Failed what="Environments" error={query.error} retry={() => void query.refetch()} />
      ) : !query.data ? (
        <Loading />
      ) : all.length === 0 ? (
        <Empty title="No environments yet">
          An environment comes into being with its config.json: <code>signalbox env apply development --config config.json</code>, or New environment above.
        </Empty>
      ) : shown.length === 0 ? (
        <Empty title="No environment matches">{search.held ? 'Nothing holds the environments that match.' : `None has "${search.q}" in its name or its group's.`}</Empty>
      ) : view === 'chain' ? (
        <Chain environments={shown} stop={stop} chosen={search.environment} choose={choose} />
      ) : view === 'table' ? (
        <EnvironmentsTable environments={shown} groups={query.data.groups ?? []} stop={stop} chosen={search.environment} choose={choose} />
      ) : (
        <div className={page.padded}>
          <CalendarPanel title="Freeze windows and departures" days={days} only={shown.map((e) => e.name ?? '')} setDays={setDays} />
        </div>
      )}
      {creating && <NewEnvironment taken={all.map((e) => e.name ?? '')} close={() => setCreating(false)} />}
    </Page>
  );
}
