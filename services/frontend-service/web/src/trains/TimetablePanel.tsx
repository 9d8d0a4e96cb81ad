import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconAlertOctagon, IconPlayerPause } from '@tabler/icons-react';
import { timetableQuery, type Train } from '../api/line';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { When } from '../common/When';
import { cityOf } from '../common/zones';
import { usePlan } from '../tray';
import { PreviewButton } from './PreviewButton';
import { takes, targetOf } from './target';

/** The trains of the timetable: when they go, whether they go, and what became of the last departure. */
export function TimetablePanel({ target }: { target?: string }) {
  const query = useQuery(timetableQuery(14, target));
  if (query.isError) return <Failed what="The timetable" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading rows={3} />;
  const trains = query.data.trains ?? [];
  return (
    <section className="panel" aria-label="Timetable">
      <header>
        <h2>Timetable</h2> <span className="count">{trains.length}</span>
        <span className="grow" />
        <span className="small ink3">Trains stand in the config of an environment or its group; each departs exactly once.</span>
      </header>
      {trains.length === 0 ? (
        <p className="page ink3">
          No train has a timetable{target ? ` into ${target}` : ''}. Add one under Environments, Edit config, Release trains; until then trains run when somebody runs them.
        </p>
      ) : (
        <table className="list">
          <thead>
            <tr>
              <th>Train</th>
              <th>Into</th>
              <th>Schedule</th>
              <th>Takes</th>
              <th>Next departure</th>
              <th>Last departure</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {trains.map((t) => (
              <Row key={`${targetOf(t)}/${t.name}`} train={t} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ train: t }: { train: Train }) {
  const { now } = usePlan();
  const target = targetOf(t);
  const named = { target, train: t.name };
  const group = !!t.environmentGroup;
  return (
    <tr>
      <td style={{ fontWeight: 600 }}>{t.name}</td>
      <td>
        <Link to="/environments" search={{ environment: t.environment }}>
          {target}
        </Link>
        {group && <div className="small ink3">group</div>}
      </td>
      <td>
        <span className="mono">{t.schedule}</span>
        <div className="small ink3">
          {cityOf(t.timeZone || 'UTC')}, missed: {t.missed === 'run-once' ? 'run once' : 'left out'}
        </div>
      </td>
      <td>{takes(t) || <span className="ink3">everybody</span>}</td>
      <td>
        <Next train={t} />
      </td>
      <td className="ink2" style={{ whiteSpace: 'nowrap' }}>
        {t.lastDeparture ? (
          <>
            <Ago time={t.lastDeparture} suffix=" ago" />
            <div className="small ink3">{t.lastOutcome}</div>
          </>
        ) : (
          <span className="ink3">none yet</span>
        )}
      </td>
      <td style={{ textAlign: 'right', whiteSpace: 'nowrap' }}>
        <span className="row" style={{ justifyContent: 'flex-end' }}>
          <PreviewButton target={target} group={group} train={t.name} />
          {!t.disabled &&
            !t.problem &&
            (t.paused ? (
              <Button variant="default" onClick={() => now({ action: { resumeTrain: named }, title: `Resume train ${t.name} to ${target}` })}>
                Resume…
              </Button>
            ) : (
              <Button variant="default" onClick={() => now({ action: { pauseTrain: named }, title: `Pause train ${t.name} to ${target}` })}>
                Pause…
              </Button>
            ))}
        </span>
      </td>
    </tr>
  );
}

function Next({ train: t }: { train: Train }) {
  if (t.problem)
    return (
      <span className="row" style={{ color: 'var(--red)' }}>
        <IconAlertOctagon size={14} style={{ flex: 'none' }} aria-hidden="true" /> Does not depart: {t.problem}
      </span>
    );
  if (t.disabled) return <span className="chip">Off in the config</span>;
  if (t.paused)
    return (
      <>
        <span className="chip violet">
          <IconPlayerPause size={12} aria-hidden="true" /> Paused
        </span>
        <div className="small ink2">
          {t.pausedBy?.name || t.pausedBy?.email}, <Ago time={t.pausedAt} suffix=" ago" />: {t.pausedBecause}
        </div>
      </>
    );
  if (!t.nextDeparture) return <span className="ink3">never again</span>;
  return <When time={t.nextDeparture} zones={[t.timeZone || 'UTC']} />;
}
