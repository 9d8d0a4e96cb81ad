import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { HistoryEntry } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { CommitLink, More } from './DeploymentsTable';
import classes from './History.module.css';
import { type TrailFilter, trailQuery } from './queries';
import { actionName, brokeGlass, effectsOf } from './words';

/** Commits of the manifest repo in the words of who reads them, newest first, a page at a time. */
export function HistoryTable({ filter }: { filter: TrailFilter }) {
  const query = useInfiniteQuery(trailQuery(filter));
  if (query.isError) return <Failed what="The history" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const entries = query.data.pages.flatMap((p) => p.entries ?? []);
  if (entries.length === 0) return <p className="page ink3">{Object.values(filter).some(Boolean) ? 'Nothing in the history matches.' : 'Nothing happened here yet.'}</p>;
  return (
    <>
      <div className={classes.wide}>
        <table className={`list ${classes.table}`}>
          <thead>
            <tr>
              <th>When</th>
              <th>Who</th>
              <th>Action</th>
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
      </div>
      <More query={query} shown={entries.length} what="commits" />
    </>
  );
}

function Row({ entry }: { entry: HistoryEntry }) {
  const effects = effectsOf(entry);
  const total = entry.detailsTotal ?? 0;
  return (
    <tr>
      <td className="ink3">
        <Ago time={entry.time} suffix=" ago" />
      </td>
      <td title={entry.author?.email}>
        {entry.author?.name || entry.author?.email}
      </td>
      <td>{entry.action === 'foreign' ? <span className="chip orange">Past Signalbox</span> : <span className="ink2">{actionName(entry.action)}</span>}</td>
      <td className={classes.what}>
        {brokeGlass(entry) && <span className="chip red">Broke the glass</span>}{' '}
        <Link to="/history/$commit" params={{ commit: entry.commit ?? '' }} style={{ textDecorationColor: 'transparent' }}>
          {entry.subject}
        </Link>
        {effects && <div className="small ink3">{effects}</div>}
        {!effects && entry.action === 'foreign' && total > 0 && <div className="small ink3">It changed {total.toLocaleString('en')} {total === 1 ? 'thing' : 'things'}.</div>}
        {entry.reason && <div className="small ink2">Reason: {entry.reason}</div>}
      </td>
      <td>
        <CommitLink commit={entry.commit} />
      </td>
    </tr>
  );
}
