import { TextInput, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { runTrain } from '../api/commands';
import type { DeployResult, TrainResult } from '../api/types';
import { enumWords } from '../common/words';
import { Dialog, Refusal } from './Dialog';

interface Props {
  target: string;
  group?: boolean;
  close: () => void;
}

/** Shows what a release train would move, queue and skip, and why; then runs it. */
export function TrainDialog({ target, group, close }: Props) {
  const [team, setTeam] = useState('');
  const [filter] = useDebouncedValue(team.trim(), 300);
  const [reason, setReason] = useState('');
  const targetType = group ? ('TRAIN_TARGET_ENVIRONMENT_GROUP' as const) : ('TRAIN_TARGET_ENVIRONMENT' as const);
  const body = { target, targetType, team: filter || undefined };
  const preview = useQuery({
    queryKey: ['preview', 'train', target, group, filter],
    queryFn: () => runTrain(body, { dryRun: true }),
    staleTime: 0,
  });
  const train = preview.data?.result?.runTrain;
  const moved = train ? count(train, 'DEPLOY_OUTCOME_DEPLOYED') : 0;
  const queued = train ? count(train, 'DEPLOY_OUTCOME_QUEUED') : 0;
  return (
    <Dialog
      title={`Run a release train to ${target}`}
      verb={`Move ${moved}${queued ? ` and queue ${queued}` : ''}`}
      missing={train && moved + queued === 0 ? 'Nothing would move.' : !train ? 'Working out what would move…' : undefined}
      act={() => runTrain(body, { reason: reason.trim() })}
      close={close}
    >
      <TextInput label="Only applications of team" value={team} onChange={(e) => setTeam(e.currentTarget.value)} placeholder="all teams" />
      {preview.isError && <Refusal error={preview.error} />}
      {train && <Preview train={train} />}
      <Textarea label="Reason" value={reason} onChange={(e) => setReason(e.currentTarget.value)} maxLength={1000} autosize minRows={1} />
    </Dialog>
  );
}

function count(train: TrainResult, outcome: DeployResult['outcome']): number {
  return (train.environments ?? []).reduce((n, e) => n + (e.applications ?? []).filter((a) => a.outcome === outcome).length, 0);
}

const OUTCOME: Record<string, string> = {
  DEPLOY_OUTCOME_DEPLOYED: 'moves',
  DEPLOY_OUTCOME_QUEUED: 'queued',
  DEPLOY_OUTCOME_SKIPPED: 'skipped',
  DEPLOY_OUTCOME_UNCHANGED: 'same',
};

function Preview({ train }: { train: TrainResult }) {
  return (
    <div style={{ maxHeight: 320, overflow: 'auto' }}>
      {(train.environments ?? []).map((e) => (
        <section key={e.environment} aria-label={e.environment}>
          <h2>
            {e.environment} <span className="ink3">from {e.upstream || 'nowhere'}</span>
          </h2>
          {e.because && <p className="ink2">{e.because}</p>}
          <table className="list">
            <tbody>
              {[...(e.applications ?? [])].sort(movesFirst).map((a) => (
                <tr key={a.application}>
                  <td>{a.application}</td>
                  <td>{OUTCOME[a.outcome ?? ''] ?? ''}</td>
                  <td className="mono">
                    {a.outcome === 'DEPLOY_OUTCOME_SKIPPED' ? '' : `${a.previousVersion && a.previousVersion !== '0' ? a.previousVersion : 'nothing'} → ${a.version}`}
                  </td>
                  <td className="ink2">{a.because || enumWords(a.skipCause, 'SKIP_CAUSE_').replace('unspecified', '')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

const RANK = ['DEPLOY_OUTCOME_DEPLOYED', 'DEPLOY_OUTCOME_QUEUED', 'DEPLOY_OUTCOME_UNCHANGED', 'DEPLOY_OUTCOME_SKIPPED'];

function movesFirst(a: DeployResult, b: DeployResult): number {
  return RANK.indexOf(a.outcome ?? '') - RANK.indexOf(b.outcome ?? '') || (a.application ?? '').localeCompare(b.application ?? '');
}
