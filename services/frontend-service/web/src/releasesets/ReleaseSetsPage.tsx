import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { type ReleaseSet, releaseSetsQuery } from '../api/line';
import { Empty, Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import page from '../common/Page.module.css';
import { Page } from '../common/Page';
import { NewSet } from './NewSet';
import { SetPanel } from './SetPanel';

/** Versions that ran together, under a name: to compare, and to bring to another environment as a unit. */
export function ReleaseSetsPage() {
  const search = useSearch({ from: '/release-sets' });
  const navigate = useNavigate({ from: '/release-sets' });
  const query = useQuery(releaseSetsQuery);
  const [creating, setCreating] = useState(false);
  const sets = query.data?.releaseSets ?? [];
  const chosen = sets.find((s) => s.name === search.name);
  const open = (name?: string) => void navigate({ search: { name } });
  const bar = (
    <>
      <h1>Release sets</h1>
      {query.data && <span className="count">{sets.length}</span>}
      <span className="grow" />
      <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => setCreating(true)}>
        New release set…
      </Button>
    </>
  );
  const aside = chosen && (
    <SetPanel
      key={chosen.name}
      set={chosen}
      other={search.with}
      compare={(other) => void navigate({ search: { name: chosen.name, with: other }, replace: true })}
      close={() => open(undefined)}
    />
  );
  return (
    <Page bar={bar} aside={aside}>
      {query.isError ? (
        <Failed what="Release sets" error={query.error} retry={() => void query.refetch()} />
      ) : !query.data ? (
        <Loading />
      ) : sets.length === 0 ? (
        <Empty title="No release sets yet">
          A release set names the versions that run together in an environment now, so that they can go to another one as a unit:{' '}
          <code>signalbox set create friday --environment staging</code>
        </Empty>
      ) : (
        <div className={page.scroll}>
          <table className="list">
            <thead>
              <tr>
                <th>Name</th>
                <th>Ran together in</th>
                <th>Applications</th>
                <th>What for</th>
                <th>By</th>
                <th>Made</th>
              </tr>
            </thead>
            <tbody>
              {sets.map((s) => (
                <Row key={s.name} set={s} chosen={s === chosen} open={() => open(s.name)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <NewSet close={() => setCreating(false)} />}
    </Page>
  );
}

function Row({ set: s, chosen, open }: { set: ReleaseSet; chosen: boolean; open: () => void }) {
  return (
    <tr style={chosen ? { background: 'var(--select)' } : undefined}>
      <td style={{ paddingLeft: 6 }}>
        <Button variant="subtle" color="gray" onClick={open} aria-expanded={chosen}>
          <b style={{ fontWeight: 600 }}>{s.name}</b>
        </Button>
        {s.problem && <div style={{ color: 'var(--red)' }}>{s.problem}</div>}
      </td>
      <td>{s.environment}</td>
      <td>{s.applications ?? 0}</td>
      <td style={{ overflowWrap: 'anywhere' }}>{s.message}</td>
      <td>{s.createdBy?.name || s.createdBy?.email}</td>
      <td>
        <Ago time={s.createdAt} suffix=" ago" />
      </td>
    </tr>
  );
}
