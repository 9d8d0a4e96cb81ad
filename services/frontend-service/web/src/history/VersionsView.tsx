import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { environmentsQuery } from '../api/queries';
import { Failed, Loading } from '../app/States';
import { Ago, exact } from '../common/Ago';
import { versionName } from '../common/words';
import { CommitLink } from './DeploymentsTable';
import { ApplicationField, EnvironmentField, MomentField } from './Filters';
import classes from './History.module.css';
import { versionsQuery } from './queries';
import type { HistorySearch } from './search';

interface Props {
  search: HistorySearch;
  change: (part: HistorySearch) => void;
}

/** Which versions an environment ran at a moment. */
export function VersionsView({ search, change }: Props) {
  const environments = useQuery(environmentsQuery);
  const list = environments.data?.environments ?? [];
  const environment = search.environment ?? list[list.length - 1]?.name ?? '';
  const versions = useQuery(versionsQuery(environment, search.at, search.application));
  const found = versions.data;
  const deployments = found?.deployments ?? [];
  return (
    <>
      <div className={classes.bar} role="search" aria-label="Environment and time">
        <span className="ink2">What ran in</span>
        <EnvironmentField value={environment || undefined} change={(v) => change({ environment: v })} demanded />
        <MomentField label="At" value={search.at} change={(at) => change({ at })} />
        <ApplicationField value={search.application} change={(v) => change({ application: v })} />
      </div>
      <div className={classes.body}>
        <section className="panel" aria-label="Versions">
          <header>
            <h2>
              {environment} {search.at ? `at ${exact(new Date(search.at))}` : 'now'}
            </h2>
            {found && <span className="count">{deployments.length.toLocaleString('en')}</span>}
            <span className="grow" />
            {found?.commit && (
              <span className="small ink3">
                main was at <CommitLink commit={found.commit} />, made {found.commitTime && exact(new Date(found.commitTime))}
              </span>
            )}
          </header>
          {versions.isError ? (
            <Failed what={`What ran in ${environment}`} error={versions.error} retry={() => void versions.refetch()} />
          ) : !found ? (
            <Loading />
          ) : deployments.length === 0 ? (
            <p className="page ink3">
              {found.commit ? `Nothing${search.application ? ` of ${search.application}` : ''} ran in ${environment} then.` : 'The manifest repo had no commit then: its history begins later.'}
            </p>
          ) : (
            <table className={`list ${classes.table}`}>
              <thead>
                <tr>
                  <th>Application</th>
                  <th>Version</th>
                  <th>Since</th>
                  <th>By</th>
                  <th>Why</th>
                  <th>Commit</th>
                </tr>
              </thead>
              <tbody>
                {deployments.map((d) => (
                  <tr key={d.application}>
                    <td>
                      <Link to="/applications/$application" params={{ application: d.application ?? '' }} search={{ env: environment }}>
                        {d.application}
                      </Link>
                    </td>
                    <td className="mono">
                      <b>{versionName(d.version, d.displayVersion)}</b>
                    </td>
                    <td className="ink3">
                      <Ago time={d.time} suffix=" ago" />
                    </td>
                    <td>{d.author?.name || d.author?.email}</td>
                    <td className={classes.why}>
                      <span className="ink2" title={d.reason || d.subject}>
                        {d.reason || d.subject}
                      </span>
                    </td>
                    <td>
                      <CommitLink commit={d.commit} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
    </>
  );
}
