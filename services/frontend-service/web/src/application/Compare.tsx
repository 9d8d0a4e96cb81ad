import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { diffQuery } from '../api/queries';
import type { Application, ManifestDiff, Release } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { Diff } from '../common/Diff';
import { parseDiff, thingsOf, touched } from '../common/diff';
import { Segments } from '../common/Segments';
import { authorName, commitPage, pullOf, pullPage } from '../common/source';
import { initials, releaseName } from '../common/words';
import classes from './ApplicationPage.module.css';
import { manifestQuery } from './queries';
import { SidePicker } from './SidePicker';
import { versionOf } from './sides';

interface Props {
  application: Application;
  environment: string;
  /** Sides: versions, or what runs somewhere. */
  from: string;
  to: string;
  split: boolean;
  change: (part: { env?: string; from?: string; to?: string; split?: boolean; view?: 'manifests' }) => void;
}

/** What changes in an environment's manifest from A to B, with the commits between. */
export function Compare({ application, environment, from, to, split, change }: Props) {
  const name = application.name ?? '';
  const deployments = application.deployments ?? [];
  const [a, b] = [versionOf(from, deployments), versionOf(to, deployments)];
  const diff = useQuery({ ...diffQuery(name, environment, a, b), enabled: b !== '0' });
  const full = useQuery(manifestQuery(name, b, environment));
  return (
    <section className={`panel ${classes.right}`} aria-label="Changes">
      <header style={{ flexWrap: 'wrap' }}>
        <h2>Changes</h2>
        <SidePicker letter="A" application={application} side={from} choose={(side) => change({ from: side })} />
        <span aria-hidden="true">→</span>
        <SidePicker letter="B" application={application} side={to} choose={(side) => change({ to: side })} />
        <span className="grow" />
        <Segments
          label="How changes are shown"
          value={split ? 'split' : 'unified'}
          data={[
            { value: 'unified', label: 'Unified' },
            { value: 'split', label: 'Split' },
          ]}
          onChange={(v) => change({ split: v === 'split' ? true : undefined })}
        />
      </header>
      <div className={classes.sub}>
        <ManifestsOf application={application} environment={environment} choose={(env) => change({ env })} />
        <span className="grow" />
        {diff.data && <Sizes diff={diff.data} full={full.data} />}
      </div>
      {b === '0' ? (
        <p className="page ink3">No release has a manifest for {environment}. Choose what to compare.</p>
      ) : diff.isError ? (
        <Failed what="The diff" error={diff.error} retry={() => void diff.refetch()} />
      ) : !diff.data ? (
        <Loading rows={10} />
      ) : (
        <>
          <Commits application={application} releases={diff.data.releases ?? []} back={a !== '0' && BigInt(a) > BigInt(b)} />
          {diff.data.diff ? (
            <Diff key={`${environment} ${a} ${b}`} text={diff.data.diff} full={full.data} split={split} label={`Changes of ${name} in ${environment} from version ${a} to ${b}`} />
          ) : (
            <p className="page ink3">{a === b ? 'A and B are the same version.' : `The manifests for ${environment} are the same.`}</p>
          )}
        </>
      )}
    </section>
  );
}

/** Chooses the environment whose manifests are shown. */
export function ManifestsOf({ application, environment, choose }: { application: Application; environment: string; choose: (environment: string) => void }) {
  const names = new Set([...(application.newestRelease?.environments ?? []), ...(application.deployments ?? []).map((d) => d.environment ?? ''), environment]);
  return (
    <>
      <span className="ink2">Manifests of</span>
      <Select aria-label="Environment whose manifests are shown" data={[...names].filter(Boolean).sort()} value={environment} onChange={(v) => v && choose(v)} allowDeselect={false} w={160} searchable={names.size > 10} />
    </>
  );
}

function Sizes({ diff, full }: { diff: ManifestDiff; full?: string }) {
  const objects = useMemo(() => {
    if (full === undefined || !diff.diff) return undefined;
    return touched(parseDiff(diff.diff), thingsOf(full.split('\n')));
  }, [diff.diff, full]);
  return (
    <span className="nowrap">
      <b style={{ color: 'var(--add)' }}>+{diff.added ?? 0}</b> <b style={{ color: 'var(--del)' }}>-{diff.removed ?? 0}</b>
      {objects && objects.all > 0 && <span className="ink3"> in {objects.changed} of {objects.all} objects</span>}
    </span>
  );
}

/** As many commits are listed; the rest is counted. */
const LISTED = 50;

function Commits({ application, releases, back }: { application: Application; releases: Release[]; back: boolean }) {
  if (back) return <p className={classes.sub}>B is older than A: this takes the changes between them back.</p>;
  if (releases.length === 0) return null;
  return (
    <ul className={classes.commits} aria-label="Releases between, newest first">
      {releases.slice(0, LISTED).map((r) => {
        const commit = commitPage(application.sourceRepoUrl, r.commitId);
        const pull = pullOf(r.message);
        const pullAt = pullPage(application.sourceRepoUrl, pull);
        const id = r.commitId?.slice(0, 7);
        return (
          <li key={r.version}>
            <b className="mono">{releaseName(r)}</b>
            <span className="mono">
              {commit ? (
                <a href={commit} target="_blank" rel="noreferrer" aria-label={`Commit ${id}`}>
                  {id}
                </a>
              ) : (
                <span className="ink3">{id}</span>
              )}
            </span>
            <span className="ellipsis grow" title={r.message}>
              {r.message?.split('\n')[0]}
            </span>
            <span className="ink3 nowrap" title={r.author}>
              {initials({ name: authorName(r.author) })}, <Ago time={r.createdAt} />
            </span>
            {pullAt && (
              <a href={pullAt} target="_blank" rel="noreferrer" aria-label={`Pull request ${pull}`}>
                #{pull}
              </a>
            )}
          </li>
        );
      })}
      {releases.length > LISTED && <li className="ink3">and {(releases.length - LISTED).toLocaleString('en')} older releases</li>}
    </ul>
  );
}
