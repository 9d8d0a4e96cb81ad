import { useQuery } from '@tanstack/react-query';
import { freezesQuery, timetableQuery } from '../api/line';
import { environmentsQuery } from '../api/queries';
import { Failed, Loading } from '../app/States';
import { Segments } from '../common/Segments';
import { Calendar, Legend } from './Calendar';
import { calendarRows, thin } from './calendar';

interface Props {
  title: string;
  days: number;
  /** Only these environments; empty means all. */
  only?: string[];
  setDays: (days: number) => void;
}

/** The calendar of the next days, with its legend and how many days it shows. */
export function CalendarPanel({ title, days, only = [], setDays }: Props) {
  const environments = useQuery(environmentsQuery);
  const timetable = useQuery(timetableQuery(14));
  const freezes = useQuery(freezesQuery(14));
  const failed = [timetable, freezes, environments].find((q) => q.isError);
  if (failed?.error) return <Failed what="The timetable" error={failed.error} retry={() => void failed.refetch()} />;
  if (!timetable.data || !freezes.data || !environments.data) return <Loading rows={4} />;
  const from = new Date(timetable.data.from ?? 0);
  const until = new Date(from.getTime() + days * 86_400_000);
  const list = (environments.data.environments ?? []).filter((e) => only.length === 0 || only.includes(e.name ?? ''));
  const rows = calendarRows(list, timetable.data, freezes.data).map((row) => ({
    ...row,
    departures: thin(row.departures.filter((d) => d.at < until), (until.getTime() - from.getTime()) / 60),
    closed: row.closed.filter((c) => c.start < until),
  }));
  const shown = new Set(rows.map((r) => r.environment));
  const groups = new Set(list.map((e) => e.environmentGroup || e.name));
  const zones = [
    ...(timetable.data.trains ?? [])
      .filter((t) => !t.disabled && !t.problem)
      .filter((t) => groups.has(t.environmentGroup) || shown.has(t.environment ?? '')).map((t) => t.timeZone ?? 'UTC'),
    ...(freezes.data.windows ?? []).filter((w) => shown.has(w.environment ?? '')).map((w) => w.timeZone ?? 'UTC'),
  ];
  return (
    <section className="panel" aria-label={title}>
      <header style={{ flexWrap: 'wrap' }}>
        <h2>{title}</h2>
        <span className="grow" />
        <Legend />
        <Segments
          label="Days to show"
          value={days === 4 ? '4' : '14'}
          data={[
            { value: '4', label: '4 days' },
            { value: '14', label: '14 days' },
          ]}
          onChange={(v) => setDays(Number(v))}
        />
      </header>
      {rows.length === 0 ? (
        <p className="page ink3">No train departs and nothing is frozen in the next {days} days. Trains and freeze windows stand in the config of an environment or its group.</p>
      ) : (
        <Calendar rows={rows} from={from} until={until} zones={[...new Set(zones)].filter(Boolean)} />
      )}
      {(timetable.data.cut || freezes.data.cut) && <p className="page small ink3">There is more than fits: the calendar shows the first 2,000 of each.</p>}
    </section>
  );
}
