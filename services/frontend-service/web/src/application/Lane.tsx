import { Tooltip } from '@mantine/core';
import type { Deployment, Environment, Release } from '../api/types';
import { isQueued, releaseName, runs } from '../common/words';
import classes from './ApplicationPage.module.css';

type State = 'runs' | 'queued' | 'passed' | 'none';

/** What a release is to an environment: it runs, it waits, it is older than what runs, or it has not come so far. */
export function laneState(release: Release, d: Deployment | undefined, environment: string): State {
  const version = BigInt(release.version ?? '0');
  if (runs(d) && BigInt(d?.version ?? '0') === version) return 'runs';
  if (isQueued(d) && BigInt(d?.queuedVersion ?? '0') === version) return 'queued';
  if (runs(d) && version < BigInt(d?.version ?? '0') && release.environments?.includes(environment)) return 'passed';
  return 'none';
}

const WORDS: Record<State, string> = { runs: 'runs', queued: 'is queued', passed: 'is older than what runs', none: 'is not' };

/** The cells of one release along the chain: thick runs, thin passed, ring queued. */
export function Lane({ release, environments, deployments }: { release: Release; environments: Environment[]; deployments: Deployment[] }) {
  const byName = new Map(deployments.map((d) => [d.environment, d]));
  return (
    <>
      {environments.map((e) => {
        const state = laneState(release, byName.get(e.name), e.name ?? '');
        const says = `${releaseName(release)} ${WORDS[state]} in ${e.name}`;
        return (
          <td key={e.name} className={classes.lane} data-state={state} aria-label={says}>
            {state !== 'none' && (
              <Tooltip label={says}>
                <span className={classes.dot} />
              </Tooltip>
            )}
          </td>
        );
      })}
    </>
  );
}
