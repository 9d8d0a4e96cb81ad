import { Tooltip } from '@mantine/core';
import { exact, useNow } from './Ago';
import { inZones, until } from './zones';

interface Props {
  time?: string;
  /** Zones whose clocks matter here beside the viewer's. */
  zones?: string[];
  /** Leave out how long it is until then. */
  bare?: boolean;
  /** How long it is until then stands below. */
  stacked?: boolean;
}

/** A moment to come: on the viewer's clock, on the others that matter, and how long until then. */
export function When({ time, zones = [], bare, stacked }: Props) {
  const now = useNow();
  if (!time) return null;
  const moment = new Date(time);
  return (
    <Tooltip label={exact(moment)}>
      <time dateTime={time} tabIndex={0}>
        {inZones(moment, zones, now)}
        {stacked && <div className="small ink3">{until(moment, now)}</div>}
        {!bare && !stacked && <span className="ink3">, {until(moment, now)}</span>}
      </time>
    </Tooltip>
  );
}
