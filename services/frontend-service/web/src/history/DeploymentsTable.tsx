import { Button, Tooltip } from '@mantine/core';
import { IconBolt, IconTrain } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { DeploymentEvent } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { initials, versionName } from '../common/words';
import classes from './History.module.css';
import { type DeploymentFilter, deploymentsQuery } from './queries';
import { actionName, isTrain } from './words';

interface Props {
  filter: DeploymentFilter;
  /** The application stands above already. */
  ofOne?: boolean;
  pageSize?: number;
}

/** What was deployed where, newest first: from and to, who, why, and the commit that did it. */
export function DeploymentsTable({ filter, ofOne, pageSize }: Props) {
  const query = useInfiniteQuery(deploymentsQuery(filter, pageSize));
  if (query.isError) return <Failed what="The deployments" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const all = query.data.pages.flatMap((p) => p.deployments ?? []);
  if (all.length === 0) return <p className="page ink3">No deployment matches.</p>;
  return (
    <>
      <div className={classes.wide}>
        <table className={`list ${classes.table}`}>
          <thead>
            <tr>
              <th>When</th>
              {!ofOne && <th>Application</th>}
              <th>Environment</th>
              <th>Version</th>
              <th>Who</th>
              <th>Why</th>
              <th>Commit</th>
            </tr>
          </thead>
          <tbody>
            {all.map((d) => (
              <Row key={`${d.commit} ${d.application} ${d.environment} ${d.version}`} event={d} ofOne={ofOne} />
            ))}
          </tbody>
        </table>
      </div>
      <More query={query} shown={all.length} what="deployments" />
    </>
  );
}

/** Says how much is shown, and fetches what is older. */
export function More({ query, shown, what }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }; shown: number; what: string }) {
  return (
    <div className={classes.more}>
      <span className="small ink3">{query.hasNextPage ? `The newest ${shown.toLocaleString('en')} ${what}` : `All ${shown.toLocaleString('en')} ${what}`}</span>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show older
        </Button>
      )}
    </div>
  );
}

function Row({ event: d, ofOne }: { event: DeploymentEvent; ofOne?: boolean }) {
  return (
    <tr>
      <td className="ink3">
        <Ago time={d.time} suffix=" ago" />
      </td>
      {!ofOne && (
        <td>
          <Link to="/applications/$application" params={{ application: d.application ?? '' }} search={{ env: d.environment }}>
            {d.application}
          </Link>
        </td>
      )}
      <td>{d.environment}</td>
      <td className="mono">
        <FromTo event={d} />
      </td>
      <td>
        <Who event={d} />
      </td>
      <td className={classes.why}>
        {d.brokeGlass && (
          <span className="chip red" title="It went through a lock or a freeze">
            <IconBolt size={12} aria-hidden="true" /> Broke the glass
          </span>
        )}{' '}
        {d.action === 'foreign' && <span className="chip orange">Past Signalbox</span>}{' '}
        <span className="ink2" title={d.reason || d.subject}>
          {d.reason || d.subject}
        </span>
      </td>
      <td>
        <CommitLink commit={d.commit} />
      </td>
    </tr>
  );
}

function FromTo({ event: d }: { event: DeploymentEvent }) {
  const before = d.previousVersion && d.previousVersion !== '0' ? d.previousVersion : 'nothing';
  if (!d.version || d.version === '0')
    return (
      <>
        {before} → <span className="ink3">removed</span>
      </>
    );
  return (
    <>
      <span className="ink3">{before} →</span> <b>{d.version}</b>
      {d.displayVersion && <span className="ink2"> ({versionName(d.version, d.displayVersion)})</span>}
    </>
  );
}

function Who({ event: d }: { event: DeploymentEvent }) {
  const train = isTrain(d.action);
  const name = d.author?.name || d.author?.email || 'nobody known';
  const says = train ? `${actionName(d.action)}, ${name}` : name;
  return (
    <Tooltip label={says}>
      <span className={classes.who} role="img" aria-label={says}>
        {train ? <IconTrain size={13} aria-hidden="true" /> : initials(d.author) || '?'}
      </span>
    </Tooltip>
  );
}

/** A commit of main, leading to its story. */
export function CommitLink({ commit }: { commit?: string }) {
  if (!commit) return null;
  return (
    <Link to="/history/$commit" params={{ commit }} className="mono">
      {commit.slice(0, 8)}
    </Link>
  );
}
