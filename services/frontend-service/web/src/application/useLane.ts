import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { Application, Environment } from '../api/types';
import { useTray } from '../tray';
import type { LaneData } from './Lane';
import { ranIn } from './lane';
import { ranQuery } from './queries';

/**
 * What the lanes of an application show. A release cannot have run before it was made, so the history is read back to the oldest release
 * in view and no further.
 */
export function useLane(application: Application, environments: Environment[], oldest?: string): LaneData {
  const name = application.name ?? '';
  const ran = useInfiniteQuery(ranQuery(name));
  const events = useMemo(() => ran.data?.pages.flatMap((p) => p.deployments ?? []), [ran.data]);
  const readTo = events?.[events.length - 1]?.time;
  const enough = !!events && (!ran.hasNextPage || !oldest || !readTo || Date.parse(readTo) < Date.parse(oldest));
  const { fetchNextPage, isFetching, isError } = ran;
  useEffect(() => {
    if (events && !enough && !isFetching && !isError) void fetchNextPage();
  }, [events, enough, isFetching, isError, fetchNextPage]);
  const where = useMemo(() => (events ? ranIn(events) : undefined), [events]);
  const cards = useTray().cards;
  return useMemo(() => {
    const deployments = new Map((application.deployments ?? []).map((d) => [d.environment ?? '', d]));
    const about = new Set([...deployments.keys(), ...(application.newestRelease?.environments ?? [])]);
    const planned = new Map<string, string>();
    for (const { action } of cards)
      if (action.deploy?.application === name && action.deploy.environment) planned.set(action.deploy.environment, String(action.deploy.version ?? ''));
    return {
      environments: environments.map((e) => e.name ?? '').filter((e) => about.has(e)),
      deployments,
      ran: enough ? where : undefined,
      planned,
    };
  }, [application, environments, name, cards, enough, where]);
}
