import { api, ask } from './client';
import type { CreateLock, DeleteLock, Deploy, Operation, RunTrain } from './types';

/** How to carry out a command: why, or only as a preview that writes nothing. */
export interface How {
  reason?: string;
  dryRun?: boolean;
}

function options(how: How) {
  // A key of its own for each click: a retry by the browser must not do it twice.
  return { query: { reason: how.reason || undefined, dryRun: how.dryRun || undefined, idempotencyKey: how.dryRun ? undefined : crypto.randomUUID() } };
}

export function deploy(body: Deploy, how: How): Promise<Operation> {
  const path = { application: body.application ?? '', environment: body.environment ?? '' };
  return ask(
    api.POST('/api/v1/applications/{application}/environments/{environment}/deploy', {
      params: { path, ...options(how) },
      body: { version: body.version, lockBehavior: body.lockBehavior },
    }),
  );
}

export function runTrain(body: RunTrain, how: How): Promise<Operation> {
  return ask(
    api.POST('/api/v1/trains/{target}', {
      params: { path: { target: body.target ?? '' }, ...options(how) },
      body: { team: body.team, targetType: body.targetType },
    }),
  );
}

export function createLock(body: CreateLock, how: How): Promise<Operation> {
  return ask(api.POST('/api/v1/locks', { params: options(how), body }));
}

export function deleteLock(body: DeleteLock, how: How): Promise<Operation> {
  const { id = '', ...rest } = body;
  return ask(api.POST('/api/v1/locks/{id}/delete', { params: { path: { id }, ...options(how) }, body: rest }));
}
