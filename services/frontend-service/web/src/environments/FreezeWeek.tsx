import { Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { freezesQuery } from '../api/line';
import { useNow } from '../common/Ago';
import { cityOf, clockIn, dayStarts, partsIn, viewerZone } from '../common/zones';
import { type Closed, closedTimes, percent } from '../trains/calendar';
import classes from './FreezeWeek.module.css';

const DAY = 86_400_000;

/** The freeze windows of an environment in the next seven days, a day a line, on the clocks of the windows' zone. */
export function FreezeWeek({ environment }: { environment: string }) {
  const now = useNow();
  const query = useQuery(freezesQuery(14, environment));
  const windows = (query.data?.windows ?? []).filter((w) => w.environment === environment);
  if (!query.data || windows.length === 0) return null;
  const zone = windows[0]?.timeZone || viewerZone();
  const closed = closedTimes(environment, query.data);
  // The day that runs now began before the answer does.
  const from = new Date(new Date(query.data.from ?? 0).getTime() - DAY);
  const starts = dayStarts(from, new Date(from.getTime() + 9 * DAY), zone);
  const days = starts.slice(0, -1).map((start, i) => ({ start, end: starts[i + 1] ?? start })).filter((d) => d.end > now).slice(0, 7);
  return (
    <section aria-label="Freeze windows of the next seven days">
      <h3>
        Freeze windows <span className="ink3" style={{ fontWeight: 400 }}>{cityOf(zone)}</span>
      </h3>
      {days.map(({ start, end }) => {
        const p = partsIn(start, zone);
        return (
          <div key={start.toISOString()} className={classes.line}>
            <span>
              {p.weekday} {p.day}
            </span>
            <span className={classes.track}>
              {closed.filter((c) => c.end > start && c.start < end).map((c) => (
                <Stretch key={c.start.toISOString()} closed={c} start={start} end={end} zone={zone} />
              ))}
              {now >= start && now < end && <i className={classes.now} style={{ left: `${percent(now, start, end)}%` }} />}
            </span>
          </div>
        );
      })}
      <div className={classes.line} aria-hidden="true">
        <span />
        <span className={classes.hours}>
          {['00', '06', '12', '18', '24'].map((hour) => (
            <span key={hour}>{hour}</span>
          ))}
        </span>
      </div>
    </section>
  );
}

function Stretch({ closed, start, end, zone }: { closed: Closed; start: Date; end: Date; zone: string }) {
  const left = percent(closed.start, start, end);
  const says = (t: Date) => `${partsIn(t, zone).weekday} ${clockIn(t, zone)}`;
  const words = `${closed.names.join(', ')}: ${says(closed.start)} to ${says(closed.end)} ${cityOf(zone)}${closed.partly ? ', for some applications' : ''}`;
  return (
    <Tooltip label={words}>
      <i
        className={closed.partly ? classes.partly : classes.closed}
        style={{ left: `${left}%`, width: `${percent(closed.end, start, end) - left}%` }}
        role="img"
        aria-label={words}
      />
    </Tooltip>
  );
}
