import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { UnlockDialog } from '../actions/UnlockDialog';
import { locksQuery } from '../api/queries';
import type { Lock } from '../api/types';
import { Empty, Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { lockScope } from '../common/words';

/** Every lock there is, from the same source that enforcement reads. */
export function LocksPage() {
  const query = useQuery(locksQuery);
  const [chosen, setChosen] = useState<Lock>();
  if (query.isError) return <Failed what="Locks" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const locks = query.data.locks ?? [];
  if (locks.length === 0) return <Empty title="Nothing is locked">A lock holds new versions back until somebody deletes it. Create one on Environments or in a cell of the overview.</Empty>;
  return (
    <div className="page">
      <section className="panel">
        <header>
          <h2>Locks</h2> <span className="count">{query.data.total ?? locks.length}</span>
        </header>
        <table className="list">
          <thead>
            <tr>
              <th>On</th>
              <th>Lock</th>
              <th>Why</th>
              <th>Who</th>
              <th>Since</th>
              <th>Expected</th>
              <th>Holds back</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {locks.map((lock) => (
              <tr key={`${lock.scope}/${lockScope(lock)}/${lock.id}`}>
                <td>{lockScope(lock)}</td>
                <td>
                  <span className="chip violet">{lock.id}</span>
                </td>
                <td style={{ maxWidth: 420, overflowWrap: 'anywhere' }}>
                  {lock.message}{' '}
                  {lock.ciLink && (
                    <a href={lock.ciLink} target="_blank" rel="noreferrer">
                      CI
                    </a>
                  )}
                </td>
                <td>{lock.createdBy?.name || lock.createdBy?.email}</td>
                <td>
                  <Ago time={lock.createdAt} suffix=" ago" />
                </td>
                <td>{lock.suggestedLifetime ? `for ${lock.suggestedLifetime}` : ''}</td>
                <td>{lock.holdsBack ? `${lock.holdsBack} queued` : ''}</td>
                <td style={{ textAlign: 'right' }}>
                  <Button variant="default" onClick={() => setChosen(lock)}>
                    Delete…
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {chosen && <UnlockDialog lock={chosen} close={() => setChosen(undefined)} />}
    </div>
  );
}
