import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { DeployDialog } from '../actions/DeployDialog';
import { LockDialog } from '../actions/LockDialog';
import { applicationQuery, environmentsQuery, releasesQuery } from '../api/queries';
import type { Application, Deployment, Environment, Release } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { Marks, QueuedIcon } from '../common/Marks';
import { initials, isQueued, releaseName, runs, versionName } from '../common/words';
import { HistoryTable } from '../history/HistoryTable';
import classes from './ApplicationPage.module.css';
import { Changes } from './Changes';
import { Lane } from './Lane';

/** One application: where it runs, its releases as a lane along the chain, what changed between two, and its history. */
export function ApplicationPage() {
  const { application } = useParams({ from: '/applications/$application' });
  const search = useSearch({ from: '/applications/$application' });
  const navigate = useNavigate({ from: '/applications/$application' });
  const app = useQuery(applicationQuery(application));
  const environments = useQuery(environmentsQuery);
  const releases = useInfiniteQuery(releasesQuery(application));
  const [dialog, setDialog] = useState<'deploy' | 'lock'>();

  if (app.isError) return <Failed what={`Application ${application}`} error={app.error} retry={() => void app.refetch()} />;
  if (!app.data || !environments.data) return <Loading rows={10} />;
  const list = environments.data.environments ?? [];
  const all = releases.data?.pages.flatMap((p) => p.releases ?? []) ?? [];
  const env = search.env ?? mostBehind(app.data, list);
  const current: Deployment = app.data.deployments?.find((d) => d.environment === env) ?? { application, environment: env };
  return (
    <div>
      <div className={classes.head}>
        <div className="grow">
          <div className="small ink3">
            <Link to="/">Applications</Link>
          </div>
          <div className="row">
            <h1>{application}</h1>
            {app.data.team && <span className="chip">Team {app.data.team}</span>}
            {app.data.sourceRepoUrl && (
              <a href={app.data.sourceRepoUrl} rel="noreferrer" target="_blank">
                Source repository
              </a>
            )}
          </div>
        </div>
        <Button variant="default" onClick={() => setDialog('lock')}>
          Lock in {env}…
        </Button>
        <Button onClick={() => setDialog('deploy')}>Deploy to {env}…</Button>
      </div>
      <Chain application={app.data} environments={list} chosen={env} choose={(e) => void navigate({ search: (old) => ({ ...old, env: e }), replace: true })} />
      <div className={classes.columns}>
        <div style={{ display: 'grid', gap: 12, alignContent: 'start' }}>
          <section className="panel">
            <header>
              <h2>Releases</h2> <span className="count">{releases.data?.pages[0]?.total ?? 0}</span>
            </header>
            {releases.isError ? (
              <Failed what="Releases" error={releases.error} />
            ) : (
              <Releases
                all={all}
                environments={list}
                deployments={app.data.deployments ?? []}
                chosen={search.to}
                choose={(v) => void navigate({ search: (old) => ({ ...old, to: v }), replace: true })}
              />
            )}
            {releases.hasNextPage && (
              <div style={{ padding: 8 }}>
                <Button variant="default" loading={releases.isFetchingNextPage} onClick={() => void releases.fetchNextPage()}>
                  Show older releases
                </Button>
              </div>
            )}
          </section>
          <section className="panel">
            <header>
              <h2>History</h2>
            </header>
            <HistoryTable filter={{ application }} />
          </section>
        </div>
        <Changes application={application} environment={env} releases={all} from={search.from ?? current.version ?? '0'} to={search.to ?? newestFor(all, env)} />
      </div>
      {dialog === 'deploy' && (
        <DeployDialog application={application} environment={env} version={search.to} close={() => setDialog(undefined)} />
      )}
      {dialog === 'lock' && <LockDialog application={application} environment={env} close={() => setDialog(undefined)} />}
    </div>
  );
}

/** The environment worth looking at first: the one that is furthest behind, else the last of the chain that has it. */
function mostBehind(app: Application, environments: Environment[]): string {
  const sorted = [...(app.deployments ?? [])].sort((a, b) => (b.behind ?? 0) - (a.behind ?? 0));
  return sorted[0]?.environment ?? environments[0]?.name ?? '';
}

function newestFor(releases: Release[], environment: string): string {
  return releases.find((r) => r.environments?.includes(environment))?.version ?? '';
}

interface ChainProps {
  application: Application;
  environments: Environment[];
  chosen: string;
  choose: (environment: string) => void;
}

function Chain({ application, environments, chosen, choose }: ChainProps) {
  const byName = new Map((application.deployments ?? []).map((d) => [d.environment, d]));
  return (
    <div className={classes.chain} role="group" aria-label="Environments">
      {environments.map((e) => {
        const d = byName.get(e.name);
        return (
          <button key={e.name} type="button" className={classes.stop} aria-pressed={e.name === chosen} onClick={() => choose(e.name ?? '')}>
            <span className="row">
              <b className="grow ellipsis">{e.name}</b>
              {d && <Marks deployment={d} everyLock />}
            </span>
            <span className="mono">{runs(d) ? versionName(d?.version, d?.displayVersion) : <span className="ink3">not here</span>}</span>
            <span className="small ink3">
              {runs(d) && (
                <>
                  <Ago time={d?.deployedAt} suffix=" ago" />
                  {initials(d?.deployedBy) && `, ${initials(d?.deployedBy)}`}
                </>
              )}
            </span>
            <span className="small">
              {d?.behind ? <b>{d.behind} behind</b> : runs(d) ? <span className="ink3">newest</span> : null}
              {isQueued(d) && (
                <>
                  {' '}
                  <QueuedIcon /> {versionName(d?.queuedVersion, d?.queuedDisplayVersion)} queued
                </>
              )}
            </span>
          </button>
        );
      })}
    </div>
  );
}

interface ReleasesProps {
  all: Release[];
  environments: Environment[];
  deployments: Deployment[];
  chosen?: string;
  choose: (version: string) => void;
}

function Releases({ all, environments, deployments, chosen, choose }: ReleasesProps) {
  return (
    <table className="list">
      <thead>
        <tr>
          <th>Release and commit</th>
          {environments.map((e) => (
            <th key={e.name} style={{ textAlign: 'center', maxWidth: 64 }} className="ellipsis" title={e.name}>
              {e.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.map((r) => (
          <tr key={r.version} style={r.version === chosen ? { background: 'var(--select)' } : undefined}>
            <td style={{ maxWidth: 260 }}>
              <button type="button" className={classes.release} onClick={() => choose(r.version ?? '')} title={r.message}>
                <span>
                  <b className="mono">{releaseName(r)}</b>{' '}
                  <span className="small ink3">
                    {initials({ name: r.author?.replace(/<.*/, '') })} · <Ago time={r.createdAt} />
                    {r.backfilled ? ' · back-filled' : ''}
                    {r.undeploy ? ' · undeploy' : ''}
                  </span>
                </span>
                <span className="ellipsis ink2">{r.message?.split('\n')[0] || r.commitId || 'no message'}</span>
              </button>
            </td>
            <Lane release={r} environments={environments} deployments={deployments} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
