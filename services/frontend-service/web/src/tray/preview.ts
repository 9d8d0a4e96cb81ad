// What the plan would do: asked of the server after every change of the plan, and after every change of the state that concerns it.
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Problem } from '../api/client';
import { carryOut, preview } from '../api/commands';
import { live } from '../api/live';
import type { Action, ActionResult, RunTrain, WatchEvent } from '../api/types';
import { breaksGlass } from './action';
import { type Effect, effectOf } from './effect';

/** Time after the last change before the server is asked. */
export const PAUSE_MS = 300;

/** What one action would do, or why it would be refused. */
export interface Foreseen {
  effect?: Effect;
  refused?: Problem;
}

// Some commands are refused without a reason; before it is given, the preview shows what they do all the same.
function withPlaceholder(action: Action): Action {
  const demanded = breaksGlass(action) || action.hold || action.pauseTrain || action.undeploy?.atOnce || action.deleteEnvironment?.force;
  return demanded ? { ...action, reason: 'not given yet' } : action;
}

/** Decides all actions as one batch. What is refused is left out, so that the others can be seen. */
export async function foresee(actions: Action[]): Promise<Foreseen[]> {
  const out: Foreseen[] = actions.map(() => ({}));
  let left = actions.map((_, i) => i);
  while (left.length > 0) {
    try {
      const batch = left.flatMap((i) => actions[i] ?? []).map(withPlaceholder);
      const answer = await carryOut({ batch: { actions: batch } }, { dryRun: true });
      const results = answer.result?.batch?.results ?? [];
      left.forEach((i, at) => (out[i] = { effect: effectOf(actions[i] ?? {}, results[at]) }));
      return out;
    } catch (error) {
      const at = error instanceof Problem ? error.actionIndex : undefined;
      const refused = at === undefined ? undefined : left[at];
      if (refused === undefined) throw error;
      out[refused] = { refused: error as Problem };
      left = left.filter((i) => i !== refused);
    }
  }
  return out;
}

/** The query of a plan's preview; content is the plan's actions as JSON. */
const planQuery = (content: string) =>
  queryOptions({
    queryKey: ['planned', 'all', content],
    queryFn: async () => ({ content, foreseen: await foresee(JSON.parse(content) as Action[]) }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: 1,
  });

/** What the actions would do now, all together. */
export function useForeseen(actions: Action[]) {
  const [content] = useDebouncedValue(JSON.stringify(actions), PAUSE_MS);
  useWatched(actions);
  return useQuery({ ...planQuery(content), enabled: content !== '[]' });
}

/** What a single deployment or train would do, with commits and the sizes of diffs. */
export function usePreviewOf(action: Action) {
  const { deploy, runTrain } = action;
  return useQuery({
    queryKey: ['planned', 'one', JSON.stringify({ deploy, runTrain })],
    queryFn: ({ signal }) => preview({ deploy, runTrain }, breaksGlass(action) ? 'not given yet' : '', true, signal),
    enabled: !!deploy || !!runTrain,
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: 1,
  });
}

/** What the next train does once the action is carried out; unset where no train follows from it. */
export function useNextTrain(action: Action) {
  const train = trainAfter(action);
  return useQuery({
    queryKey: ['planned', 'train', JSON.stringify(action)],
    queryFn: async (): Promise<ActionResult['runTrain'] | null> => {
      const answer = await carryOut({ batch: { actions: [withPlaceholder(action), { runTrain: train }] } }, { dryRun: true });
      return answer.result?.batch?.results?.[1]?.runTrain ?? null;
    },
    enabled: !!train,
    staleTime: 0,
    retry: false,
  });
}

/** The train whose run shows what a lock or a hold does. */
export function trainAfter(action: Action): RunTrain | undefined {
  const lock = action.createLock ?? action.deleteLock;
  if (lock?.environmentGroup) return { target: lock.environmentGroup, targetType: 'TRAIN_TARGET_ENVIRONMENT_GROUP' };
  const about = lock ?? action.hold ?? action.resume;
  if (!about?.environment) return undefined;
  const train: RunTrain = { target: about.environment, targetType: 'TRAIN_TARGET_ENVIRONMENT' };
  if (about.application) train.applications = [about.application];
  if (lock?.team) train.team = lock.team;
  return train;
}

/** Asks again when something changed that concerns the actions. */
function useWatched(actions: Action[]) {
  const client = useQueryClient();
  const names = JSON.stringify(actions);
  useEffect(() => watch(client, JSON.parse(names) as Action[]), [client, names]);
}

function watch(client: QueryClient, actions: Action[]): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = live.onEvent((event) => {
    if (!actions.some((a) => concerns(event, a))) return;
    clearTimeout(timer);
    timer = setTimeout(() => void client.invalidateQueries({ queryKey: ['planned'] }), PAUSE_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** Says whether an event can change what an action does. */
export function concerns(event: WatchEvent, action: Action): boolean {
  const changes = event.changes;
  if (!changes) return false; // after a break everything is asked for again anyway
  if (changes.environments?.length || changes.groups?.length) return true;
  const application =
    (action.deploy ?? action.hold ?? action.resume ?? action.removeFromEnvironment ?? action.undeploy ?? action.createLock ?? action.deleteLock ?? action.releaseQueue)?.application;
  if (!application) return true;
  return (changes.removedApplications ?? []).includes(application) || (changes.applications ?? []).some((a) => a.name === application);
}
