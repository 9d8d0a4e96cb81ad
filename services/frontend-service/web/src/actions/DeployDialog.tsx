import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { applicationQuery, environmentsQuery } from '../api/queries';
import type { Deployment, Release } from '../api/types';
import { isQueued, versionName } from '../common/words';
import { ActionDialog } from '../tray/ActionDialog';
import { ApplicationSelect } from './ApplicationSelect';
import { deployment } from './make';
import { ReleaseList } from './ReleaseList';

interface Props {
  application?: string;
  environment?: string;
  version?: string;
  close: () => void;
}

/** Chooses a version with its commit and author, shows what deploying it would do, and does it. */
export function DeployDialog({ close, ...known }: Props) {
  const [application, setApplication] = useState(known.application ?? '');
  const [environment, setEnvironment] = useState(known.environment ?? '');
  const [chosen, setChosen] = useState<Release | undefined>(known.version ? { version: known.version } : undefined);
  const app = useQuery({ ...applicationQuery(application), enabled: application !== '' }).data;
  const environments = (useQuery(environmentsQuery).data?.environments ?? []).map((e) => e.name ?? '');
  const current = app?.deployments?.find((d) => d.environment === environment);
  const target = chosen ?? proposed(current);
  const ready = application && environment && target?.version;
  return (
    <ActionDialog
      title={application && environment ? `Deploy ${application} to ${environment}` : `Deploy ${application || 'an application'}`}
      planned={ready ? deployment(application, environment, target) : undefined}
      missing={!application ? 'Choose the application.' : !environment ? 'Choose the environment.' : !target?.version ? 'Choose the version.' : undefined}
      close={close}
      size={620}
    >
      {!known.application && <ApplicationSelect value={application} change={setApplication} />}
      {!known.environment && (
        <Select label="Environment" data={environments} value={environment || null} onChange={(v) => setEnvironment(v ?? '')} searchable data-autofocus={known.application ? true : undefined} />
      )}
      {application && environment && <ReleaseList application={application} environment={environment} current={current} chosen={target?.version} choose={setChosen} />}
    </ActionDialog>
  );
}

/** What a person most likely wants: what waits here already, else what the upstream runs. */
function proposed(d: Deployment | undefined): Release | undefined {
  if (isQueued(d)) return { version: d?.queuedVersion, displayVersion: d?.queuedDisplayVersion };
  return d?.upstreamVersion && versionName(d.upstreamVersion) && d.upstreamVersion !== d.version ? { version: d.upstreamVersion } : undefined;
}
