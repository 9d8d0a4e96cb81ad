import { Tooltip } from '@mantine/core';
import type { Deployment, Release } from '../api/types';
import { laneState, laneWords } from './lane';
import classes from './Releases.module.css';

/** What a lane needs to know of the application. */
export interface LaneData {
  /** Environments in the order of the chain. */
  environments: string[];
  deployments: ReadonlyMap<string, Deployment>;
  /** Where versions have been; undefined while it is not known as far back as the releases that are shown. */
  ran?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Versions that the tray holds, by environment. */
  planned: ReadonlyMap<string, string>;
}

/** One release along the environments: thick where it runs, thin where it passed, a ring where it waits, dashed where it is planned. */
export function Lane({ release, data }: { release: Release; data: LaneData }) {
  const version = release.version ?? '';
  return (
    <span className={classes.lane}>
      {data.environments.map((e) => {
        const known = { ran: data.ran && (data.ran.get(e)?.has(version) ?? false), planned: data.planned.get(e) === version };
        const state = laneState(release, data.deployments.get(e), e, known);
        if (state === 'none') return <span key={e} className={classes.stop} />;
        const says = laneWords(release, e, state);
        return (
          <Tooltip key={e} label={says}>
            <span className={classes.stop} data-state={state} role="img" aria-label={says}>
              <span className={classes.node} />
            </span>
          </Tooltip>
        );
      })}
    </span>
  );
}
