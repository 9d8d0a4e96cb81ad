import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { applicationQuery, environmentsQuery, releaseQuery } from '../api/queries';
import type { Application, Deployment, DeploymentEvent, Environment, Release } from '../api/types';
import { Failed, Loading } from '../app/States';
import { usePlan } from '../tray';
import { deployAction } from './actions';
import classes from './ApplicationPage.module.css';
import { Chain } from './Chain';
import { Compare } from './Compare';
import { Header } from './Header';
import { History } from './History';
import { Manifests } from './Manifests';
import { ranQuery, releaseWindowQuery } from './queries';
import { ReleaseList } from './ReleaseList';
import type { ApplicationSearch } from './search';
import { Settings } from './Settings';
import { firstLook, runsIn, versionOf } from './sides';
import { Why } from './Why';

/** One application: where it runs, what holds it, its releases as a lane along the chain, what changed between two, and its history. */
export function ApplicationPage() {
  const { application } = useParams({ from: '/applications/$application' });
  const app = useQuery(applicationQuery(application));
  const environments = useQuery(environmentsQuery);
  if (app.isError) return <Failed what={`Application ${application}`} error={app.error} retry={() => void app.refetch()} />;
  if (environments.isError) return <Failed what="The environments" error={environments.error} retry={() => void environments.refetch()} />;
  if (!app.data || !environments.data) return <Loading rows={10} />;
  return <Page key={application} application={app.data} environments={environments.data.environments ?? []} />;
}

function Page({ application, environments }: { application: Application; environments: Environment[] }) {
  const name = application.name ?? '';
  const search = useSearch({ from: '/applications/$application' });
  const navigate = useNavigate({ from: '/applications/$application' });
  const change = (part: ApplicationSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const [settings, setSettings] = useState(false);
  const { plan, now } = usePlan();

  const deployments = application.deployments ?? [];
  const [firstEnv] = useState(() => firstLook(deployments, environments.map((e) => e.name ?? '')));
  const env = search.env ?? firstEnv;
  const current: Deployment = deployments.find((d) => d.environment === env) ?? { application: name, environment: env };
  const newest = useNewestFor(application, env);
  const from = search.from ?? runsIn(env);
  const to = search.to ?? newest ?? '0';
  const [a, b] = [versionOf(from, deployments), versionOf(to, deployments)];
  const release = useQuery(releaseQuery(name, b)).data;
  const before = useBefore(name, current);
  return (
    <div>
      <Header application={application} environment={env} current={current} release={release} before={before} settings={() => setSettings(true)} />
      <Chain application={application} environments={environments} chosen={env} choose={(e) => change({ env: e })} />
      <Why application={application} environments={environments} />
      <div className={classes.columns}>
        <div className={classes.left}>
          <ReleaseList
            application={application}
            environments={environments}
            search={search.q ?? ''}
            setSearch={(q) => change({ q: q || undefined })}
            a={a}
            b={b}
            actions={{
              environment: env,
              choose: (side, version) => change({ [side]: version }),
              manifests: (version) => change({ view: 'manifests', to: version }),
              plan: (r) => plan(deployAction(name, env, r, current)),
              now: (r) => now(deployAction(name, env, r, current)),
            }}
          />
          <History application={application} />
        </div>
        {search.view === 'manifests' ? (
          <Manifests application={application} environment={env} to={to} change={change} />
        ) : (
          <Compare application={application} environment={env} from={from} to={to} split={!!search.split} change={change} />
        )}
      </div>
      {settings && <Settings application={application} close={() => setSettings(false)} />}
    </div>
  );
}

/** The newest release with a manifest for the environment; undefined while it is not known, or when there is none among the newest. */
function useNewestFor(application: Application, environment: string): string | undefined {
  const newest = application.newestRelease;
  const known = newest?.environments?.includes(environment) ?? false;
  const window = useQuery({ ...releaseWindowQuery(application.name ?? '', '', 0), enabled: !known });
  return known ? newest?.version : window.data?.releases?.find((r) => r.environments?.includes(environment))?.version;
}

/** What ran in the environment before, as far as it is older than what runs now: where a roll back goes. */
function useBefore(application: string, current: Deployment): Release | undefined {
  const ran = useInfiniteQuery(ranQuery(application));
  const now = BigInt(current.version ?? '0');
  if (now === 0n) return undefined;
  const older = (d: DeploymentEvent) => d.environment === current.environment && BigInt(d.version ?? '0') > 0n && BigInt(d.version ?? '0') < now;
  const event = ran.data?.pages.flatMap((p) => p.deployments ?? []).find(older);
  return event && { version: event.version, displayVersion: event.displayVersion, environments: [event.environment ?? ''] };
}
