import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconArrowRight } from '@tabler/icons-react';
import { applicationQuery, releaseQuery } from '../api/queries';
import type { Action, DeployResult } from '../api/types';
import { counted } from '../common/count';
import { versionName } from '../common/words';
import { sentence, effectOf } from './effect';
import { type Foreseen, useNextTrain, usePreviewOf } from './preview';
import { Refusal } from './AnswerBox';
import classes from './Tray.module.css';

/** Where it acts, and from which version to which. */
export function FromTo({ action }: { action: Action }) {
  const { deploy } = action;
  const name = useVersionName(deploy);
  const application = useQuery({ ...applicationQuery(deploy?.application ?? ''), enabled: !!deploy });
  if (!deploy) return null;
  const d = application.data?.deployments?.find((x) => x.environment === deploy.environment);
  return (
    <div className={classes.fromTo}>
      <span className="grow ellipsis">{deploy.environment}</span>
      <span className="mono">
        {versionName(d?.version, d?.displayVersion) || 'nothing'} <IconArrowRight size={12} aria-label="to" /> <b>{name}</b>
      </span>
    </div>
  );
}

/** What people call the version that is to be deployed. */
export function useVersionName(deploy: Action['deploy']): string {
  const { application = '', version = '' } = deploy ?? {};
  const release = useQuery({ ...releaseQuery(application, version), enabled: application !== '' && version !== '' });
  return versionName(version, release.data?.displayVersion);
}

/** What the action would do, or why not, and what the next train does then. */
export function Foresight({ action, foreseen }: { action: Action; foreseen?: Foreseen }) {
  if (foreseen?.refused) return <Refusal error={foreseen.refused} verdict="It would be refused." />;
  if (!foreseen?.effect)
    return (
      <div aria-busy="true" aria-label="Working out what this does">
        <Skeleton height={10} mb={6} width="85%" />
        <Skeleton height={10} width="60%" />
      </div>
    );
  return (
    <div className={classes.lines}>
      {foreseen.effect.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {action.deploy && <Changes action={action} />}
      <NextTrain action={action} />
    </div>
  );
}

function Changes({ action }: { action: Action }) {
  const preview = usePreviewOf(action).data;
  const change = preview?.changes?.[0];
  const { application = '', environment } = action.deploy ?? {};
  const trains = (preview?.nextTrains ?? []).map((t) => t.text).filter(Boolean);
  return (
    <>
      {change && (
        <p>
          {counted(change.releasesTotal ?? 0, 'release')}
          {change.backwards ? ' taken back' : ''}, {change.added || change.removed ? <LinesChanged added={change.added} removed={change.removed} /> : 'the manifests are the same'}.{' '}
          <Link to="/applications/$application" params={{ application }} search={{ env: environment, from: change.fromVersion, to: change.toVersion }}>
            See the diff
          </Link>
        </p>
      )}
      {trains.map((text) => (
        <p key={text}>{upper(text ?? '')}.</p>
      ))}
    </>
  );
}

function LinesChanged({ added = 0, removed = 0 }: { added?: number; removed?: number }) {
  return (
    <>
      <span className="mono" style={{ color: 'var(--add)' }}>
        +{added}
      </span>{' '}
      <span className="mono" style={{ color: 'var(--del)' }}>
        -{removed}
      </span>{' '}
      lines
    </>
  );
}

function NextTrain({ action }: { action: Action }) {
  const train = useNextTrain(action).data;
  const results = (train?.environments ?? []).flatMap((e) => e.applications ?? []);
  const skipped = (train?.environments ?? []).find((e) => e.because);
  if (skipped) return <p>{`The next train to ${skipped.environment} is skipped: ${skipped.because}.`}</p>;
  if (!train || results.length === 0) return null;
  const [only] = results;
  if (results.length === 1 && only) return <p>{aboutOne(only)}</p>;
  return <p>{`The next train: ${sentence(effectOf({}, { runTrain: train }))}.`}</p>;
}

function aboutOne(d: DeployResult): string {
  switch (d.outcome) {
    case 'DEPLOY_OUTCOME_DEPLOYED':
      return `The next train takes it to ${d.version}.`;
    case 'DEPLOY_OUTCOME_QUEUED':
      return `The next train queues ${d.version} here.`;
    case 'DEPLOY_OUTCOME_PENDING_APPROVAL':
      return `The next train asks for approval of ${d.version}.`;
    default:
      return `The next train leaves it alone: ${d.because || 'nothing to do'}.`;
  }
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
