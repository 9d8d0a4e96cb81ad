import { ActionIcon, Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { openDialog } from '../actions/dialogs';
import { deployment, holding } from '../actions/make';
import { applicationQuery, laneQuery } from '../api/queries';
import type { Deployment, Environment, Release } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Age, Ago } from '../common/Ago';
import { differs, isBroken, nameOf, releaseName, runs, versionName } from '../common/words';
import { usePlan } from '../tray';
import { type CellRef, rollBackAction, upstreamAction } from './cellActions';
import classes from './CellPanel.module.css';
import { HeldBy } from './HeldBy';

interface Props {
  application: string;
  environment: string;
  environments: Environment[];
  close: () => void;
}

/** The side panel: everything about one application in one environment, and what can be done about it. */
export function CellPanel({ application, environment, environments, close }: Props) {
  const query = useQuery(applicationQuery(application));
  const d = query.data?.deployments?.find((x) => x.environment === environment);
  return (
    <>
      <header className={classes.head}>
        <h2 className="ellipsis">
          <Link to="/applications/$application" params={{ application }} search={{ env: environment }}>
            {application}
          </Link>{' '}
          in {environment}
        </h2>
        <ActionIcon variant="subtle" color="gray" onClick={close} aria-label="Close the panel">
          <IconX size={16} />
        </ActionIcon>
      </header>
      {query.isError ? (
        <Failed what={application} error={query.error} retry={() => void query.refetch()} />
      ) : !query.data ? (
        <Loading />
      ) : (
        <Body cell={{ application, environment, deployment: d }} of={environments.find((e) => e.name === environment)} />
      )}
    </>
  );
}

function Body({ cell, of }: { cell: CellRef; of?: Environment }) {
  return (
    <div className={classes.body}>
      <Facts d={cell.deployment} of={of} />
      <Acts cell={cell} />
      <HeldBy cell={cell} of={of} />
      <Releases cell={cell} />
    </div>
  );
}

function Facts({ d, of }: { d?: Deployment; of?: Environment }) {
  if (!d || !runs(d)) return <p className="ink2">{d && isBroken(d) ? d.reason : 'Nothing of it runs here yet.'}</p>;
  const by = nameOf(d.deployedBy);
  return (
    <section aria-label="What runs">
      <p className={classes.version}>
        <b>{versionName(d.version, d.displayVersion)}</b>
        {d.displayVersion && <span className="small ink3">version {d.version}</span>}
        {!!d.behind && <span className={classes.behind}>{d.behind} behind</span>}
      </p>
      <dl className={classes.facts}>
        <dt>Upstream</dt>
        <dd>
          {of?.latest ? 'Newest releases' : of?.upstreamEnvironment || 'None'}
          {differs(d) ? (
            <>
              : <span className="mono">{versionName(d.upstreamVersion, d.upstreamDisplayVersion)}</span>
            </>
          ) : d.upstreamVersion && d.upstreamVersion !== '0' ? (
            ', the same'
          ) : (
            ''
          )}
        </dd>
        <dt>Since</dt>
        <dd>
          <Ago time={d.deployedAt} suffix=" ago" />
          {by && `, ${by}`}
        </dd>
        {d.reason && (
          <>
            <dt>Why</dt>
            <dd>{d.reason}</dd>
          </>
        )}
        {d.commitId && (
          <>
            <dt>Commit</dt>
            <dd>
              <span className="mono">{d.commitId.slice(0, 8)}</span> {(d.sourceAuthor ?? '').replace(/ <.*/, '')}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Acts({ cell }: { cell: CellRef }) {
  const { plan, now } = usePlan();
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const up = upstreamAction(cell);
  const back = async () => {
    try {
      const action = await rollBackAction(client, cell);
      if (action) plan(action);
      setProblem(action ? undefined : `There is no older release for ${cell.environment}.`);
    } catch (e) {
      setProblem((e as Error).message);
    }
  };
  return (
    <section aria-label="Actions" className={classes.acts}>
      {up && (
        <>
          <Button onClick={() => plan(up)}>Plan {versionName(cell.deployment?.upstreamVersion, cell.deployment?.upstreamDisplayVersion)} from upstream</Button>
          <Button variant="default" onClick={() => now(up)}>
            Deploy it now…
          </Button>
        </>
      )}
      <Button variant="default" onClick={() => openDialog({ what: 'lock', application: cell.application, environment: cell.environment })}>
        Lock…
      </Button>
      {runs(cell.deployment) && (
        <Button variant="default" onClick={() => void back()}>
          Plan to roll back
        </Button>
      )}
      {runs(cell.deployment) && !cell.deployment?.hold && (
        <Button variant="default" onClick={() => now(holding(cell.application, cell.environment))}>
          Hold…
        </Button>
      )}
      {problem && (
        <p className="small" role="alert" style={{ color: 'var(--red)' }}>
          {problem}
        </p>
      )}
    </section>
  );
}

/** The newest releases, each to be planned here. */
function Releases({ cell }: { cell: CellRef }) {
  const query = useQuery(laneQuery(cell.application));
  const releases = (query.data?.releases ?? []).filter((r) => !r.environments?.length || r.environments.includes(cell.environment)).slice(0, 12);
  if (query.isError) return <Failed what="The releases" error={query.error} retry={() => void query.refetch()} />;
  return (
    <section aria-label="Releases">
      <h2>Releases for {cell.environment}</h2>
      {!query.data && <Loading rows={3} />}
      {query.data && releases.length === 0 && <p className="ink2">No release has a manifest for {cell.environment}.</p>}
      <ul className={classes.releases}>
        {releases.map((r) => (
          <li key={r.version}>
            <ReleaseLine release={r} cell={cell} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ReleaseLine({ release: r, cell }: { release: Release; cell: CellRef }) {
  const { plan } = usePlan();
  const here = runs(cell.deployment) && cell.deployment?.version === r.version;
  const older = runs(cell.deployment) && BigInt(r.version ?? '0') < BigInt(cell.deployment?.version ?? '0');
  const name = releaseName(r);
  return (
    <>
      <span className={classes.what}>
        <b className="mono">{name}</b>{' '}
        <span className="small ink3">
          {(r.author ?? '').replace(/ <.*/, '')} · <Age time={r.createdAt} />
        </span>
        <span className="small ink2 ellipsis" title={r.message}>
          {(r.message ?? '').split('\n')[0]}
        </span>
      </span>
      {here ? (
        <span className="chip">runs here</span>
      ) : r.prepublished ? (
        <span className="small ink3">announced only</span>
      ) : (
        <Button variant="default" size="compact-xs" aria-label={`Plan to ${older ? 'roll back to' : 'deploy'} ${name}`} onClick={() => plan(deployment(cell.application, cell.environment, r))}>
          {older ? 'Plan roll back' : 'Plan'}
        </Button>
      )}
    </>
  );
}
