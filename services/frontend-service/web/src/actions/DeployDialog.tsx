import { Alert, Select, Textarea } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { deploy } from '../api/commands';
import { releasesQuery } from '../api/queries';
import type { DeployResult, Deployment, Release } from '../api/types';
import { isQueued, lockSentence, releaseName, runs, versionName } from '../common/words';
import { Dialog, Refusal } from './Dialog';

interface Props {
  application: string;
  environment: string;
  current: Deployment;
  version?: string;
  close: () => void;
}

/** Chooses a version, shows what deploying it would do, and does it. */
export function DeployDialog({ application, environment, current, version, close }: Props) {
  const releases = useInfiniteQuery(releasesQuery(application));
  const choices = (releases.data?.pages ?? []).flatMap((p) => p.releases ?? []).filter((r) => r.environments?.includes(environment));
  const [chosen, setChosen] = useState(version ?? (isQueued(current) ? current.queuedVersion : undefined));
  const target = chosen ?? choices.find((r) => r.version !== current.version)?.version ?? '';
  const [reason, setReason] = useState('');
  const [breakGlass, setBreakGlass] = useState(false);
  const locked = (current.locks ?? []).length > 0;
  const lockBehavior = breakGlass ? 'LOCK_BEHAVIOR_IGNORE' : 'LOCK_BEHAVIOR_RECORD';
  const preview = useQuery({
    queryKey: ['preview', 'deploy', application, environment, target, lockBehavior],
    queryFn: () => deploy({ application, environment, version: target, lockBehavior }, { dryRun: true, reason: 'preview' }),
    enabled: target !== '',
    staleTime: 0,
  });
  const effect = preview.data?.result?.deploy;
  const name = label(choices.find((r) => r.version === target), target);
  return (
    <Dialog
      title={`Deploy ${application} to ${environment}`}
      verb={breakGlass ? `Deploy ${name} through the lock` : effect?.outcome === 'DEPLOY_OUTCOME_QUEUED' ? `Queue ${name}` : `Deploy ${name}`}
      danger={breakGlass}
      missing={!target ? 'No release has a manifest for this environment.' : breakGlass && !reason.trim() ? 'Deploying through a lock needs a reason.' : undefined}
      act={() => deploy({ application, environment, version: target, lockBehavior }, { reason: reason.trim() })}
      close={close}
    >
      <Select
        label="Version"
        data={choices.map((r) => ({ value: r.version ?? '', label: option(r, current) }))}
        value={target || null}
        onChange={(v) => setChosen(v ?? undefined)}
        searchable
        allowDeselect={false}
      />
      {preview.isError ? <Refusal error={preview.error} /> : <Effect effect={effect} current={current} />}
      {locked && (
        <Alert color="violet" p={8}>
          {(current.locks ?? []).map((l) => (
            <div key={`${l.scope}/${l.id}`}>{lockSentence(l)}</div>
          ))}
          <label className="row" style={{ marginTop: 6 }}>
            <input type="checkbox" checked={breakGlass} onChange={(e) => setBreakGlass(e.currentTarget.checked)} />
            Deploy through the lock. It stands in the history with your reason.
          </label>
        </Alert>
      )}
      <Textarea label="Reason" value={reason} onChange={(e) => setReason(e.currentTarget.value)} maxLength={1000} autosize minRows={2} />
    </Dialog>
  );
}

function label(release: Release | undefined, version: string): string {
  return release ? releaseName(release) : version;
}

function option(r: Release, current: Deployment): string {
  const parts = [releaseName(r)];
  if (r.displayVersion) parts.push(`(${r.version})`);
  if (r.version === current.version) parts.push('runs now');
  if (r.message) parts.push(`- ${r.message.split('\n')[0]}`);
  return parts.join(' ');
}

function Effect({ effect, current }: { effect?: DeployResult; current: Deployment }) {
  if (!effect) return <p className="ink3">Working out what this would do…</p>;
  const from = runs(current) ? versionName(current.version, current.displayVersion) : 'nothing';
  switch (effect.outcome) {
    case 'DEPLOY_OUTCOME_DEPLOYED':
      return (
        <p>
          <span className="mono">{from}</span> → <b className="mono">{effect.version}</b>, as one commit.
        </p>
      );
    case 'DEPLOY_OUTCOME_QUEUED':
      return <p>Version {effect.version} will be queued, not deployed: {effect.because}. It goes with the next train or deployment after the lock ends.</p>;
    case 'DEPLOY_OUTCOME_UNCHANGED':
      return <p>Nothing changes: version {effect.version} runs already.</p>;
    default:
      return <p>{effect.because}</p>;
  }
}
