import { IconCircleCheck, IconCircleDashed, IconMinus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { environmentsQuery } from '../api/queries';
import { Failed, Loading } from '../app/States';
import { DeploymentsTable } from './DeploymentsTable';
import { TextField } from './Filters';
import classes from './History.module.css';
import { whereQuery } from './queries';
import type { HistorySearch } from './search';

interface Props {
  search: HistorySearch;
  change: (part: HistorySearch) => void;
}

/** Where a source commit has arrived: deployed, on its way, or not meant to get there. */
export function WhereView({ search, change }: Props) {
  const commit = search.commit?.toLowerCase() ?? '';
  const valid = /^[0-9a-f]{7,40}$/.test(commit);
  return (
    <>
      <div className={classes.bar} role="search" aria-label="Source commit">
        <span className="ink2">Where is source commit</span>
        <TextField label="At least 7 digits of its id" value={search.commit} change={(v) => change({ commit: v })} width={330} />
      </div>
      <div className={classes.body}>
        {!commit ? (
          <p className="ink3">Give the id of a commit of a source repository, as CI named it with the release. Commits of the manifest repo are in the audit trail.</p>
        ) : !valid ? (
          <p className="ink2" role="alert">
            A commit id is 7 to 40 hex digits.
          </p>
        ) : (
          <Where commit={commit} />
        )}
      </div>
    </>
  );
}

function Where({ commit }: { commit: string }) {
  const where = useQuery(whereQuery(commit));
  const environments = useQuery(environmentsQuery);
  if (where.isError) return <Failed what={`Where ${commit.slice(0, 10)} is`} error={where.error} retry={() => void where.refetch()} />;
  if (!where.data || !environments.data) return <Loading />;
  const applications = Object.entries(where.data.applications ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const about = new Set(applications.flatMap(([, a]) => Object.keys(a.environments ?? {})));
  const chain = (environments.data.environments ?? []).map((e) => e.name ?? '').filter((e) => about.has(e));
  return (
    <>
      <section className="panel" aria-label="Where the commit is">
        <div className={classes.wide}>
          <table className={`list ${classes.table}`}>
            <thead>
              <tr>
                <th>Application</th>
                {chain.map((e) => (
                  <th key={e}>{e}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {applications.map(([name, statuses]) => (
                <tr key={name}>
                  <td>
                    <Link to="/applications/$application" params={{ application: name }}>
                      {name}
                    </Link>
                  </td>
                  {chain.map((e) => (
                    <td key={e}>
                      {STATUS[statuses.environments?.[e] ?? 'UNKNOWN']}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section className="panel" aria-label="Deployments of the commit">
        <header>
          <h2>Deployments of releases built from it</h2>
        </header>
        <DeploymentsTable filter={{ commitId: commit }} />
      </section>
    </>
  );
}

const STATUS: Record<string, ReactNode> = {
  DEPLOYED: (
    <span className="chip blue">
      <IconCircleCheck size={14} aria-hidden="true" /> Deployed
    </span>
  ),
  PENDING: (
    <span className="chip outline">
      <IconCircleDashed size={14} aria-hidden="true" /> On its way
    </span>
  ),
  UNKNOWN: (
    <span className="ink3 row" style={{ gap: 5 }}>
      <IconMinus size={14} aria-hidden="true" /> Not meant to get here
    </span>
  ),
};
