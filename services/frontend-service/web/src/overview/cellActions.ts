// What can be done about a cell, as actions to plan or to carry out at once.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { deployment as deploying } from '../actions/make';
import { lastDeploymentQuery, laneQuery } from '../api/queries';
import type { Deployment, Release } from '../api/types';
import { differs } from '../common/words';
import { type PlannedAction, usePlan } from '../tray';

/** A cell of the matrix. */
export interface CellRef {
  application: string;
  environment: string;
  deployment?: Deployment;
}

/** A lock on each cell, with the same message. */
export function lockAction({ application, environment }: CellRef, message: string): PlannedAction {
  const id = `ui-${crypto.randomUUID().slice(0, 8)}`;
  return { action: { createLock: { scope: 'LOCK_SCOPE_APPLICATION', id, application, environment, message } }, title: `Lock ${application} in ${environment}` };
}

/** What upstream runs, where that is something else than what the cell runs; unset when there is nothing to deploy. */
export function upstreamAction(cell: CellRef): PlannedAction | undefined {
  const d = cell.deployment;
  if (!d || !differs(d)) return undefined;
  return deploying(cell.application, cell.environment, { version: d.upstreamVersion, displayVersion: d.upstreamDisplayVersion });
}

/** What ran before what runs, or the next older release where that is not known; unset when there is none. */
export async function rollBackAction(client: QueryClient, cell: CellRef): Promise<PlannedAction | undefined> {
  const current = BigInt(cell.deployment?.version ?? '0');
  if (current === 0n) return undefined;
  const [{ releases = [] }, last] = await Promise.all([
    client.fetchQuery(laneQuery(cell.application)),
    client.fetchQuery(lastDeploymentQuery(cell.application, cell.environment)).catch(() => undefined),
  ]);
  const before = last?.deployments?.find((e) => BigInt(e.version ?? '0') === current)?.previousVersion;
  const older = (r: Release) => BigInt(r.version ?? '0') < current && !r.prepublished && (r.environments ?? []).includes(cell.environment);
  const release = releases.find((r) => older(r) && r.version === before) ?? releases.find(older);
  return release && deploying(cell.application, cell.environment, release);
}

/** Plans for cells; each answers with why nothing was planned, when nothing was. */
export function useCellPlans() {
  const client = useQueryClient();
  const { plan } = usePlan();
  const deploy = useCallback(
    (cells: CellRef[]) => {
      const actions = cells.flatMap((c) => upstreamAction(c) ?? []);
      actions.forEach(plan);
      if (actions.length) return undefined;
      return cells.length === 1 ? `${cells[0]?.application} in ${cells[0]?.environment} runs what upstream runs` : 'These cells run what upstream runs';
    },
    [plan],
  );
  const rollBack = useCallback(
    async (cell: CellRef) => {
      const action = await rollBackAction(client, cell);
      if (!action) return `There is no older release of ${cell.application} for ${cell.environment}`;
      plan(action);
      return undefined;
    },
    [client, plan],
  );
  return { deploy, rollBack };
}
