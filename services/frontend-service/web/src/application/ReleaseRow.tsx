import { ActionIcon, Menu, Skeleton } from '@mantine/core';
import { IconDots, IconExternalLink } from '@tabler/icons-react';
import type { Application, Release } from '../api/types';
import { Ago } from '../common/Ago';
import { authorName, commitPage, pullOf, pullPage, webAddress } from '../common/source';
import { initials, releaseName } from '../common/words';
import { Lane, type LaneData } from './Lane';
import classes from './Releases.module.css';

/** What can be done with a release of the list. */
export interface RowActions {
  /** Compare to it, or from it. */
  choose: (side: 'from' | 'to', version: string) => void;
  manifests: (version: string) => void;
  /** Where a deployment of it would go; the environment that is chosen. */
  environment: string;
  plan: (release: Release) => void;
  now: (release: Release) => void;
}

interface Props {
  release?: Release;
  application: Application;
  lane: LaneData;
  index: number;
  top: number;
  tabbable: boolean;
  focused: () => void;
  side?: 'A' | 'B';
  actions: RowActions;
}

/** One release: what it is, where it is, and what can be done with it. */
export function ReleaseRow({ release, application, lane, index, top, tabbable, focused, side, actions }: Props) {
  const place = { transform: `translateY(${top}px)` };
  if (!release)
    return (
      <div className={classes.line} style={place} role="row" aria-rowindex={index + 2} aria-busy="true">
        <span role="cell" />
        <span role="cell">
          <Skeleton height={10} width="60%" />
        </span>
      </div>
    );
  const version = release.version ?? '';
  const tab = tabbable ? 0 : -1;
  const pull = pullOf(release.message);
  return (
    <div className={classes.line} style={place} role="row" aria-rowindex={index + 2} data-chosen={!!side}>
      <span role="cell">{side && <span className={classes.side} title={side === 'A' ? 'Compared from' : 'Compared to'}>{side}</span>}</span>
      <span role="cell" style={{ minWidth: 0, height: '100%' }}>
        <button
          type="button"
          className={classes.release}
          style={{ width: '100%' }}
          data-release={index}
          tabIndex={tab}
          onFocus={focused}
          onClick={(e) => actions.choose(e.shiftKey ? 'from' : 'to', version)}
          title={release.message || undefined}
        >
          <span className="ellipsis" style={{ maxWidth: '100%' }}>
            <b className="mono">{releaseName(release)}</b>{' '}
            <span className="small ink3">
              {[initials({ name: authorName(release.author) })].filter(Boolean).map((i) => `${i}, `)}
              <Ago time={release.createdAt} />
              {kinds(release)}
            </span>
          </span>
          <span className="ellipsis ink2" style={{ maxWidth: '100%', fontSize: 12 }}>
            {release.message?.split('\n')[0] || release.commitId?.slice(0, 10) || 'no message'}
          </span>
        </button>
      </span>
      <span role="cell" style={{ height: '100%' }}>
        <Lane release={release} data={lane} />
      </span>
      <span role="cell" className="small">
        {pull && <Out to={pullPage(application.sourceRepoUrl, pull)} words={`#${pull}`} label={`Pull request ${pull}`} tabIndex={tab} />}
      </span>
      <span role="cell">
        {webAddress(release.ciLink) && (
          <a href={webAddress(release.ciLink)} target="_blank" rel="noreferrer" aria-label={`CI run of ${releaseName(release)}`} title="CI run" tabIndex={tab}>
            <IconExternalLink size={14} color="var(--ink3)" style={{ display: 'block' }} />
          </a>
        )}
      </span>
      <span role="cell">
        <RowMenu release={release} application={application} actions={actions} tabIndex={tab} />
      </span>
    </div>
  );
}

function kinds(r: Release): string {
  const words = [r.minor && 'minor', r.prepublished && 'announced', r.backfilled && 'back-filled', r.undeploy && 'undeploy'].filter(Boolean);
  return words.length ? `, ${words.join(', ')}` : '';
}

function Out({ to, words, label, tabIndex }: { to?: string; words: string; label: string; tabIndex: number }) {
  if (!to) return <span className="ink3">{words}</span>;
  return (
    <a href={to} target="_blank" rel="noreferrer" aria-label={label} tabIndex={tabIndex}>
      {words}
    </a>
  );
}

function RowMenu({ release, application, actions, tabIndex }: { release: Release; application: Application; actions: RowActions; tabIndex: number }) {
  const version = release.version ?? '';
  const name = releaseName(release);
  const { environment } = actions;
  const here = release.environments?.includes(environment) ?? false;
  const commit = commitPage(application.sourceRepoUrl, release.commitId);
  return (
    <Menu position="bottom-end" width={280} withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name}`} tabIndex={tabIndex}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={!here} onClick={() => actions.plan(release)}>
          Plan deploy to {environment}
        </Menu.Item>
        <Menu.Item disabled={!here} onClick={() => actions.now(release)}>
          Deploy to {environment} now…
        </Menu.Item>
        {!here && <Menu.Label>{name} has no manifest for {environment}</Menu.Label>}
        <Menu.Divider />
        <Menu.Item onClick={() => actions.choose('from', version)}>Compare from {name}</Menu.Item>
        <Menu.Item onClick={() => actions.choose('to', version)}>Compare to {name}</Menu.Item>
        <Menu.Item onClick={() => actions.manifests(version)}>Manifests of {name}</Menu.Item>
        {commit && (
          <Menu.Item component="a" href={commit} target="_blank" rel="noreferrer" rightSection={<IconExternalLink size={14} />}>
            Commit {release.commitId?.slice(0, 10)}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
