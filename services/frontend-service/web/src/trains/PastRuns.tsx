import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { runsQuery } from '../api/line';
import type { HistoryEntry } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';

const SHOWN = 20;

/** The last trains that ran, by the clock or by hand, newest first. */
export function PastRuns() {
  const byHand = useQuery(runsQuery('run-train', SHOWN));
  const byClock = useQuery(runsQuery('depart', SHOWN));
  const failed = [byHand, byClock].find((q) => q.isError);
  if (failed?.error) return <Failed what="Past runs" error={failed.error} retry={() => void failed.refetch()} />;
  if (!byHand.data || !byClock.data) return <Loading rows={3} />;
  const runs = [...(byHand.data.entries ?? []), ...(byClock.data.entries ?? [])].sort((a, b) => (b.time ?? '').localeCompare(a.time ?? '')).slice(0, SHOWN);
  return (
    <section className="panel" aria-label="Past runs">
      <header>
        <h2>Past runs</h2>
        <span className="grow" />
        <Link to="/history" className="small ink2">
          All of the history
        </Link>
      </header>
      {runs.length === 0 ? (
        <p className="page ink3">No train has run yet.</p>
      ) : (
        <table className="list">
          <thead>
            <tr>
              <th>When</th>
              <th>Who</th>
              <th>What</th>
              <th>Moved, queued</th>
              <th>Commit</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Row key={run.commit} run={run} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ run }: { run: HistoryEntry }) {
  const count = (what: string) => (run.details ?? []).filter((d) => d.what === what).length;
  return (
    <tr>
      <td className="ink2" style={{ whiteSpace: 'nowrap' }}>
        <Ago time={run.time} suffix=" ago" />
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>{run.action === 'depart' ? <span className="chip">By the clock</span> : run.author?.name || run.author?.email}</td>
      <td style={{ overflowWrap: 'anywhere' }}>
        {run.subject}
        {run.reason && <div className="small ink2">Reason: {run.reason}</div>}
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>
        {count('deployed')} moved{count('queued') ? `, ${count('queued')} queued` : ''}
      </td>
      <td className="mono ink3">{run.commit?.slice(0, 8)}</td>
    </tr>
  );
}
