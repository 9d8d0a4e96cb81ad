import { Button, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconBarrierBlock, IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { openDialog } from '../actions/dialogs';
import { queueQuery } from '../api/line';
import { environmentsQuery, locksQuery } from '../api/queries';
import type { LocksSearch } from '../app/lineSearch';
import { Page, Toggle } from '../common/Page';
import { Segments } from '../common/Segments';
import { QueueTable } from '../queue/QueueTable';
import { DeletePanel } from './DeletePanel';
import { LocksTable } from './LocksTable';
import { lockKey, lockMatches, SCOPES, widestFirst } from './words';

/** Every lock there is and every version that waits, from the same source that enforcement reads. */
export function LocksPage() {
  const search = useSearch({ from: '/locks' });
  const navigate = useNavigate({ from: '/locks' });
  const change = (part: LocksSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const locks = useQuery(locksQuery);
  const environments = useQuery(environmentsQuery);
  const queue = useInfiniteQuery(queueQuery({}));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const all = locks.data?.locks ?? [];
  const tab = search.tab ?? 'locks';
  const shown = all
    .filter((l) => (!search.kind || l.scope === search.kind) && (!search.q || lockMatches(l, search.q)))
    .filter((l) => (!search.holds || !!l.holdsBack) && (!search.endless || !l.expiresAt))
    .sort(widestFirst);
  const chosen = shown.filter((l) => selected.has(lockKey(l)));
  const bar = (
    <>
      <h1>Locks</h1>
      <Segments
        label="What to show"
        value={tab}
        data={[
          { value: 'locks', label: <>In force {locks.data ? <span className="count">{locks.data.total ?? 0}</span> : null}</> },
          { value: 'queue', label: <>Queue {queue.data ? <span className="count">{queue.data.pages[0]?.total ?? 0}</span> : null}</> },
        ]}
        onChange={(v) => change({ tab: v === 'queue' ? v : undefined })}
      />
      {tab === 'locks' && (
        <>
          <TextInput
            aria-label="Find a lock"
            placeholder="Target, reason, author"
            leftSection={<IconSearch size={14} />}
            value={search.q ?? ''}
            onChange={(e) => change({ q: e.currentTarget.value || undefined })}
            w={170}
          />
          <Select
            aria-label="Kind of lock"
            placeholder="Kind: any"
            data={SCOPES}
            value={search.kind ?? null}
            onChange={(v) => change({ kind: (v as LocksSearch['kind']) ?? undefined })}
            clearable
            w={120}
          />
          <Toggle on={!!search.holds} count={all.filter((l) => l.holdsBack).length} onChange={(on) => change({ holds: on || undefined })}>
            Holds back
          </Toggle>
          <Toggle on={!!search.endless} count={all.filter((l) => !l.expiresAt).length} onChange={(on) => change({ endless: on || undefined })}>
            Never ends
          </Toggle>
          <span className="grow" />
          {!all.some((l) => l.scope === 'LOCK_SCOPE_GLOBAL') && (
            <Button variant="default" leftSection={<IconBarrierBlock size={14} />} onClick={() => openDialog({ what: 'stop' })}>
              Stop the line…
            </Button>
          )}
          <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => openDialog({ what: 'lock' })}>
            New lock…
          </Button>
        </>
      )}
    </>
  );
  const aside = tab === 'locks' && chosen.length > 0 && (
    <DeletePanel key={chosen.map(lockKey).join()} locks={chosen} environments={environments.data?.environments ?? []} clear={() => setSelected(new Set())} />
  );
  return (
    <Page bar={bar} aside={aside}>
      {tab === 'queue' ? (
        <QueueTable filter={{ environment: search.environment, application: search.application, team: search.team }} change={change} />
      ) : (
        <LocksTable query={locks} shown={shown} selected={selected} select={setSelected} />
      )}
    </Page>
  );
}
