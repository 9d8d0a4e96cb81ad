import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type HistoryFilter, historyQuery } from '../api/queries';
import type { HistoryEntry } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';

/** Commits of the manifest repo in the words of who reads them, newest first, a page at a time. */
export function HistoryTable({ filter }: { filter: HistoryFilter }) {
  const query = useInfiniteQuery(historyQuery(filter));
  if (query.isError) return <Failed what="The history" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const entries = query.data.pages.flatMap((p) => p.entries ?? []);
  if (entries.length === 0) return <p className="page ink3">Nothing happened here yet.</p>;
  return (
    <>
      <table className="list">
        <thead>
          <tr>
            <th>When</th>
            <th>Who</th>
            <th>What</th>
            <th>Commit</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.commit} entry={entry} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && (
        <div style={{ padding: 8 }}>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ entry }: { entry: HistoryEntry }) {
  const effects = effectsOf(entry);
  return (
    <tr>
      <td style={{ whiteSpace: 'nowrap' }} className="ink2">
        <Ago time={entry.time} suffix=" ago" />
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>{entry.author?.name || entry.author?.email}</td>
      <td style={{ overflowWrap: 'anywhere' }}>
        {entry.action === 'foreign' && <span className="chip orange">Past Signalbox</span>} {entry.subject}
        {effects && <div className="small ink3">{effects}</div>}
        {entry.reason && <div className="small ink2">Reason: {entry.reason}</div>}
      </td>
      <td className="mono ink3">{entry.commit?.slice(0, 8)}</td>
    </tr>
  );
}

/** What a commit did beyond its first line, at most three things. */
export function effectsOf(entry: HistoryEntry): string {
  const lines = (entry.details ?? [])
    .filter((d) => d.what === 'deployed' || d.what === 'queued')
    .map((d) => `${d.what} ${d.application} ${d.version} ${d.what === 'queued' ? 'for' : 'to'} ${d.environment}`);
  if (lines.length <= 1) return '';
  return lines.slice(0, 3).join(', ') + (lines.length > 3 ? ` and ${lines.length - 3} more` : '');
}
