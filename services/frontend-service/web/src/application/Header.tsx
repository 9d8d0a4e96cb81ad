import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowBackUp, IconDots, IconExternalLink, IconLock, IconUsers } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { openDialog } from '../actions/dialogs';
import { resuming } from '../actions/make';
import type { Application, Deployment, Release } from '../api/types';
import { repositoryPage } from '../common/source';
import { isQueued, releaseName, runs } from '../common/words';
import { usePlan } from '../tray';
import { deployAction, prepareUndeployAction, removeAction, undeployAction } from './actions';
import classes from './ApplicationPage.module.css';

interface Props {
  application: Application;
  environment: string;
  current: Deployment;
  /** The release a deployment would bring; undefined while none is chosen or known. */
  release?: Release;
  /** The release that ran before in the environment; undefined when there is none or it is not known. */
  before?: Release;
  /** Opens the settings. */
  settings: () => void;
}

/** Name, owner and links of an application, and what can be done with it in the chosen environment. */
export function Header({ application, environment, current, release, before, settings }: Props) {
  const { plan, now } = usePlan();
  const name = application.name ?? '';
  const repo = repositoryPage(application.sourceRepoUrl);
  const deployable = !!release && release.version !== current.version && (release.environments?.includes(environment) ?? false);
  return (
    <div className={classes.head}>
      <div className={classes.titles}>
        <div className="small ink3">
          <Link to="/">Applications</Link>
          {application.team && ` / ${application.team}`}
        </div>
        <div className={classes.facts}>
          <h1>{name}</h1>
          {application.team && (
            <span className="chip">
              <IconUsers size={14} aria-hidden="true" /> Team {application.team}
            </span>
          )}
          {Object.entries(application.labels ?? {})
            .sort(([a], [b]) => a.localeCompare(b))
            .map(([key, value]) => (
              <span key={key} className="chip" title="Label">
                {key}={value}
              </span>
            ))}
          {repo && (
            <a href={repo} rel="noreferrer" target="_blank" className="ink2" style={{ fontSize: 12 }}>
              Source repository <IconExternalLink size={12} aria-hidden="true" />
            </a>
          )}
        </div>
      </div>
      <Button variant="default" leftSection={<IconLock size={14} />} onClick={() => openDialog({ what: 'lock', application: name, environment })} title={`Lock ${name} in ${environment}`}>
        Lock…
      </Button>
      <Button
        variant="default"
        leftSection={<IconArrowBackUp size={14} />}
        disabled={!before}
        onClick={() => before && now(deployAction(name, environment, before, current))}
        title={before ? `Roll back ${environment} to ${releaseName(before)}` : `Nothing older ran in ${environment}`}
      >
        Roll back…
      </Button>
      <Button
        variant="default"
        disabled={!deployable}
        onClick={() => release && plan(deployAction(name, environment, release, current))}
        title={deployable ? undefined : release ? `${releaseName(release)} runs in ${environment} already, or has no manifest for it` : 'Choose a release first'}
      >
        {deployable && release ? `Plan ${releaseName(release)} to ${environment}` : 'Plan deploy'}
      </Button>
      <Button onClick={() => openDialog({ what: 'deploy', application: name, environment, version: deployable ? release?.version : undefined })} title={`Deploy ${name} to ${environment}`}>
        Deploy…
      </Button>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <ActionIcon variant="default" size={28} aria-label="More actions">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>In {environment}</Menu.Label>
          {current.hold ? (
            <Menu.Item onClick={() => now(resuming(name, environment))}>Resume…</Menu.Item>
          ) : (
            <Menu.Item disabled={!runs(current)} onClick={() => openDialog({ what: 'hold', application: name, environment })}>
              Hold what runs…
            </Menu.Item>
          )}
          <Menu.Item disabled={!isQueued(current)} onClick={() => openDialog({ what: 'releaseQueue', application: name, environment })}>
            Release the queue…
          </Menu.Item>
          <Menu.Item disabled={!runs(current)} color="var(--red)" onClick={() => now(removeAction(name, environment))}>
            Remove from {environment}…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>The application</Menu.Label>
          <Menu.Item onClick={settings}>Settings…</Menu.Item>
          {application.newestRelease?.undeploy ? (
            <Menu.Item color="var(--red)" onClick={() => now(undeployAction(name, false))}>
              Undeploy: second step…
            </Menu.Item>
          ) : (
            <Menu.Item onClick={() => now(prepareUndeployAction(name))}>Prepare undeploy: first step…</Menu.Item>
          )}
          <Menu.Item color="var(--red)" onClick={() => now(undeployAction(name, true))}>
            Undeploy at once…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
