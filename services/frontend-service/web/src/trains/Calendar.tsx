import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { IconPlayerPause, IconSnowflake, IconTrain } from '@tabler/icons-react';
import { useNow } from '../common/Ago';
import { cityOf, clockIn, inZones, momentIn, until, viewerZone } from '../common/zones';
import classes from './Calendar.module.css';
import { type CalendarRow, type Closed, percent, ticks } from './calendar';

interface Props {
  rows: CalendarRow[];
  from: Date;
  until: Date;
  /** Zones of the trains and windows; each that differs from the viewer's gets an axis. */
  zones: string[];
}

/** Departures and freeze windows of the days to come: a row for each environment, an axis for each zone. */
export function Calendar({ rows, from, until: end, zones }: Props) {
  const now = useNow();
  const mine = viewerZone();
  const hours = end.getTime() - from.getTime() > 6 * 86_400_000 ? 24 : 6;
  const others = differentClocks(zones, mine, now);
  return (
    <div className={classes.calendar}>
      <Axis zone={mine} yours from={from} until={end} hours={hours} />
      {rows.map((row) => (
        <div key={row.environment} className={classes.line}>
          <div className={classes.name} title={row.environment}>
            {row.environment}
          </div>
          <div className={classes.track}>
            {row.closed.map((c) => (
              <Window key={`${c.start.toISOString()}${c.partly}`} closed={c} from={from} until={end} />
            ))}
            {row.departures.map((d, i) => {
              const next = row.departures[i + 1]?.at;
              const room = percent(next ?? end, from, end) - percent(d.at, from, end);
              return <Train key={`${d.train}${d.time}`} row={row} departure={d} zones={zones} from={from} until={end} first={i === 0} room={room} />;
            })}
            <span className={classes.now} style={{ left: `${percent(now, from, end)}%` }} aria-hidden="true" />
          </div>
        </div>
      ))}
      {others.map((zone) => (
        <Axis key={zone} zone={zone} from={from} until={end} hours={hours} />
      ))}
    </div>
  );
}

/** Zones whose clocks show something else than the viewer's now, each kind of clock once. */
function differentClocks(zones: string[], mine: string, now: Date): string[] {
  const seen = new Set([clockIn(now, mine)]);
  return [...new Set(zones)].filter((zone) => {
    const clock = clockIn(now, zone);
    if (seen.has(clock)) return false;
    seen.add(clock);
    return true;
  });
}

function Axis({ zone, yours, from, until: end, hours }: { zone: string; yours?: boolean; from: Date; until: Date; hours: number }) {
  return (
    <div className={classes.line}>
      <div className={classes.axisName}>
        {cityOf(zone)}
        {yours ? ', yours' : ''}
      </div>
      <div className={classes.axis}>
        {ticks(from, end, zone, hours).map((t) => (
          <span key={t.time.toISOString()} className={t.day ? classes.day : classes.tick} style={{ left: `${percent(t.time, from, end)}%` }}>
            {t.label}
          </span>
        ))}
      </div>
    </div>
  );
}

function Window({ closed, from, until: end }: { closed: Closed; from: Date; until: Date }) {
  const left = percent(closed.start, from, end);
  const width = percent(closed.end, from, end) - left;
  const mine = viewerZone();
  const words = `${closed.names.join(', then ')}${closed.partly ? ', for some applications' : ''}, to ${momentIn(closed.end, mine, new Date())} ${cityOf(mine)}`;
  return (
    <Tooltip label={`Freeze: ${words}`}>
      <div className={closed.partly ? classes.partly : classes.closed} style={{ left: `${left}%`, width: `${width}%` }} role="img" aria-label={`Freeze: ${words}`}>
        {!closed.partly && width > 12 && <span>{closed.names.join(', then ')}</span>}
      </div>
    </Tooltip>
  );
}

interface TrainProps {
  row: CalendarRow;
  departure: CalendarRow['departures'][number];
  zones: string[];
  from: Date;
  until: Date;
  first: boolean;
  /** Per cent of the width up to the next departure. */
  room: number;
}

function Train({ row, departure: d, zones, from, until: end, first, room }: TrainProps) {
  const now = useNow();
  const state = d.paused ? classes.paused : d.held ? classes.held : '';
  const Icon = d.paused ? IconPlayerPause : d.held ? IconSnowflake : IconTrain;
  const fate = d.paused ? 'paused, does not depart' : d.held ? 'departs into a freeze: what it takes is caught up after' : until(d.at, now);
  const words = `${d.train} to ${row.environment}: ${inZones(d.at, zones, now)}, ${fate}${d.more ? `, and ${d.more} more before the next sign` : ''}`;
  const label = room > 9 ? `${clockIn(d.at, viewerZone())}${first && room > 14 && !d.held && !d.paused ? `, ${until(d.at, now)}` : ''}` : room > 5 ? clockIn(d.at, viewerZone()) : '';
  return (
    <Tooltip label={words}>
      <Link
        to="/trains/$target"
        params={{ target: d.environmentGroup || d.environment || '' }}
        search={{ group: !!d.environmentGroup, train: d.train }}
        className={`${classes.departure} ${state} ${label ? '' : classes.bare}`}
        style={{ left: `${percent(d.at, from, end)}%` }}
        aria-label={`Preview train ${words}`}
      >
        <Icon size={12} aria-hidden="true" /> {label}
      </Link>
    </Tooltip>
  );
}

/** What the signs of the calendar mean. */
export function Legend() {
  return (
    <div className={classes.legend}>
      <span>
        <i className={classes.swatch} /> freeze window
      </span>
      <span>
        <IconTrain size={12} /> departs
      </span>
      <span>
        <IconSnowflake size={12} color="var(--teal)" /> due, but held; caught up after the window
      </span>
      <span>
        <IconPlayerPause size={12} color="var(--violet)" /> paused
      </span>
    </div>
  );
}
