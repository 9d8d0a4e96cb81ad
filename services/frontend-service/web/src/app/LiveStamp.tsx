import { IconCircleCheck, IconPlugConnectedX } from '@tabler/icons-react';
import { useLive } from '../api/live';
import classes from './Frame.module.css';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

/** Says as of when the page speaks, and whether it is live. */
export function LiveStamp() {
  const state = useLive();
  if (!state.live)
    return (
      <span className={`${classes.live} ${classes.stale}`}>
        <IconPlugConnectedX size={14} aria-hidden="true" /> Stale since {clock.format(state.asOf)}
      </span>
    );
  return (
    <span className={classes.live}>
      <IconCircleCheck size={14} color="var(--blue)" aria-hidden="true" /> <span>
        Live<span className={classes.asOf}>, as of {clock.format(state.asOf)}</span>
      </span>
    </span>
  );
}

/** A time of day to the second. */
export function toTheSecond(time: Date): string {
  return clock.format(time);
}
