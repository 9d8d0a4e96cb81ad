import { IconArrowRight } from '@tabler/icons-react';
import { Fragment, useEffect, useRef } from 'react';
import type { Application, Deployment, Environment } from '../api/types';
import { Ago } from '../common/Ago';
import { Marks, QueuedIcon } from '../common/Marks';
import { initials, isQueued, runs, versionName } from '../common/words';
import classes from './ApplicationPage.module.css';
import { queuedName, standing } from './why';

interface Props {
  application: Application;
  environments: Environment[];
  chosen: string;
  choose: (environment: string) => void;
}

/** Where the application runs: the environments in the order of the chain, an arrow where the distance to upstream grows. */
export function Chain({ application, environments, chosen, choose }: Props) {
  const byName = new Map((application.deployments ?? []).map((d) => [d.environment, d]));
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('[aria-pressed=true]')?.scrollIntoView?.({ block: 'nearest', inline: 'nearest' });
  }, [chosen]);
  return (
    <div ref={box} className={classes.chain} role="group" aria-label={`Where ${application.name} runs`}>
      {environments.map((e, i) => (
        <Fragment key={e.name}>
          {i > 0 && (environments[i - 1]?.distanceToUpstream ?? 0) !== (e.distanceToUpstream ?? 0) && (
            <IconArrowRight size={14} className={classes.arrow} aria-hidden="true" />
          )}
          <Stop environment={e} deployment={byName.get(e.name)} chosen={e.name === chosen} choose={() => choose(e.name ?? '')} />
        </Fragment>
      ))}
    </div>
  );
}

function Stop({ environment: e, deployment: d, chosen, choose }: { environment: Environment; deployment?: Deployment; chosen: boolean; choose: () => void }) {
  const stands = standing(d, e.upstreamEnvironment ?? '', !!e.latest);
  const differs = !!d?.behind || stands.startsWith('newer');
  return (
    <button type="button" className={classes.stop} aria-pressed={chosen} data-differs={differs} onClick={choose}>
      <span className="row">
        <b className="grow ellipsis" style={{ fontWeight: 600 }} title={e.name}>
          {e.name}
        </b>
        {d && <Marks deployment={d} everyLock />}
      </span>
      {runs(d) ? <b className="mono ellipsis">{versionName(d?.version, d?.displayVersion)}</b> : <span className="ink3">not here</span>}
      <span className="small ink3 ellipsis">{runs(d) ? <By deployment={d} /> : '\u00a0'}</span>
      <span className="small ellipsis">
        {differs ? <b>{stands}</b> : <span className="ink3">{stands}</span>}
        {isQueued(d) && (
          <>
            {stands && ', '}
            <QueuedIcon /> {queuedName(d ?? {})} queued
          </>
        )}
        {d?.hold && <span style={{ color: 'var(--violet)' }}>{stands && ', '}on hold{initials(d.holdBy) && ` by ${initials(d.holdBy)}`}</span>}
        {!stands && !isQueued(d) && !d?.hold && '\u00a0'}
      </span>
    </button>
  );
}

function By({ deployment: d }: { deployment?: Deployment }) {
  const who = d?.reason?.startsWith('release train') ? 'train' : initials(d?.deployedBy);
  return (
    <>
      <Ago time={d?.deployedAt} suffix=" ago" />
      {who && `, ${who}`}
    </>
  );
}
