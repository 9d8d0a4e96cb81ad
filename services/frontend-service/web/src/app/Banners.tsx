// What is true of the whole line, on every page: it is stopped, the page is not live, writes do not work. At most two at a time.
import { Button } from '@mantine/core';
import { IconAlertOctagonFilled, IconHandStop, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { live, useLive } from '../api/live';
import { environmentsQuery, statusQuery } from '../api/queries';
import type { Lock } from '../api/types';
import { Ago, exact, useNow } from '../common/Ago';
import { clockTime, nameOf } from '../common/words';
import { usePlan } from '../tray';
import classes from './Frame.module.css';
import { toTheSecond } from './LiveStamp';

/** The banners of every page. They push what is below, and never cover it. */
export function Banners() {
  const state = useLive();
  const status = useQuery({ ...statusQuery, refetchInterval: 15_000 });
  const environments = useQuery(environmentsQuery);
  const stop = environments.data?.environments?.flatMap((e) => e.locks ?? []).find((l) => l.scope === 'LOCK_SCOPE_GLOBAL');
  const broken = state.live && status.data?.writable === false;
  return (
    <>
      {stop && <Stopped stop={stop} />}
      {!state.live && <Stale asOf={state.asOf} retryAt={state.retryAt} />}
      {broken && (
        <div className={classes.bannerProblem} role="alert">
          <IconAlertOctagonFilled size={16} color="var(--red)" aria-hidden="true" />
          <span className="grow">
            <b>Writes do not work.</b> {(status.data?.problems ?? []).join('; ')}
          </span>
        </div>
      )}
    </>
  );
}

function Stopped({ stop }: { stop: Lock }) {
  const now = useNow();
  const { now: atOnce } = usePlan();
  const ends = stop.expiresAt ? new Date(stop.expiresAt) : undefined;
  const { id, scope } = stop;
  const held = stop.holdsBack ?? 0;
  return (
    <div className={classes.bannerStop} role="alert">
      <IconHandStop size={16} aria-hidden="true" />
      <b>Line stopped</b>
      <span className={classes.why} title={stop.message}>
        by {nameOf(stop.createdBy) || 'somebody'} <Ago time={stop.createdAt} suffix=" ago" />: {stop.message || 'no reason given'}
      </span>
      <span className={classes.until} title={ends && exact(ends)}>
        {ends ? `Ends by itself at ${clockTime(ends, now)}, in ${remaining(ends, now)}.` : 'Ends when somebody ends it.'}
      </span>
      <span className="grow" />
      <span className={classes.until}>
        {held.toLocaleString()} {held === 1 ? 'version' : 'versions'} held back
      </span>
      <Link to="/locks" className={classes.onStop}>
        What is held
      </Link>
      <button type="button" className={classes.onStop} onClick={() => atOnce({ action: { deleteLock: { id, scope } }, title: 'End the stop of the line' })}>
        End the stop…
      </button>
    </div>
  );
}

/** A time to come: "40 min", "1 h 11 min", "3 d 2 h". */
export function remaining(until: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((until.getTime() - now.getTime()) / 60_000));
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function Stale({ asOf, retryAt }: { asOf: Date; retryAt?: Date }) {
  const now = useSeconds();
  const since = Math.max(0, Math.round((now - asOf.getTime()) / 1000));
  const wait = retryAt ? Math.ceil((retryAt.getTime() - now) / 1000) : 0;
  return (
    <div className={classes.bannerStale} role="alert">
      <IconPlugConnectedX size={16} color="var(--orange)" aria-hidden="true" />
      <span className="grow">
        <b>Not live.</b> Nothing was heard of the server since {toTheSecond(asOf)}
        <span aria-hidden="true">, {since} s ago</span>. What you see may be old; every action is decided again on the newest state.
        <span aria-hidden="true">{wait > 0 ? ` Next try in ${wait} s.` : ' Trying.'}</span>
      </span>
      <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={live.tryNow}>
        Try now
      </Button>
    </div>
  );
}

function useSeconds(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
