import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { laneQuery } from '../api/queries';
import type { Application, Release } from '../api/types';
import { Age } from '../common/Ago';
import { releaseName } from '../common/words';
import type { Placed } from './Row';
import classes from './Lane.module.css';
import { laneOf, laneRows, type Stop, stopOf } from './lane';

/** Heights of the lane: one release, and the foot. */
export const LANE_ROW = 37;
const LANE_FOOT = 28;

/** How high the lane of an application is; known before its releases are. */
export function laneHeight(application: Application): number {
  return laneRows(application) * LANE_ROW + LANE_FOOT;
}

const WORDS: Record<Stop, string> = { runs: 'runs', queued: 'queued', approval: 'to approve', passed: 'passed', none: '' };

interface Props {
  application: Application;
  columns: Placed[];
  /** Version planned for an environment. */
  planned?: ReadonlyMap<string, { version?: string }>;
}

/** The last releases of an application down, newest first, and the environments across: what each one is to each of them. */
export function LaneRows({ application, columns, planned }: Props) {
  const name = application.name ?? '';
  const room = laneRows(application);
  const query = useQuery(laneQuery(name));
  const deployments = application.deployments ?? [];
  const { shown, folded } = laneOf(query.data?.releases ?? [], deployments, room);
  const byEnvironment = new Map(deployments.map((d) => [d.environment, d]));
  return (
    <div className={classes.lane} style={{ height: laneHeight(application) }} aria-label={`Releases of ${name}`}>
      {query.isError ? (
        <p className={classes.failed}>The releases could not be read: {query.error.message}</p>
      ) : !query.data ? (
        Array.from({ length: room }, (_, i) => <Skeleton key={i} className={classes.skeleton} height={12} width={150} mt={i === 0 ? 12 : 25} ml={34} />)
      ) : (
        shown.map((r) => (
          <div key={r.version} role="row" className={classes.release}>
            <Source release={r} />
            {columns.map(({ column, left, width }) => {
              const e = column.environment;
              const d = byEnvironment.get(e?.name);
              const stop = e ? stopOf(r, e.name ?? '', d) : 'none';
              const isPlanned = !!e && stop !== 'runs' && planned?.get(e.name ?? '')?.version === r.version;
              const words = isPlanned ? 'planned' : stop === 'runs' && d?.hold ? 'runs, on hold' : WORDS[stop];
              return (
                <div key={column.key} role="gridcell" className={classes.stop} data-stop={isPlanned ? 'planned' : stop} style={{ left, width }}>
                  {words && <i className={classes.node} />}
                  {words && <span>{words}</span>}
                </div>
              );
            })}
          </div>
        ))
      )}
      <Foot application={name} folded={folded} total={application.releases ?? 0} />
    </div>
  );
}

function Source({ release: r }: { release: Release }) {
  const author = (r.author ?? '').replace(/ <.*/, '');
  const message = (r.message ?? '').split('\n')[0] || (r.undeploy ? 'Undeploy: removes the application' : 'no message');
  return (
    <div role="rowheader" className={classes.source} title={`${releaseName(r)}${r.commitId ? `, commit ${r.commitId.slice(0, 8)}` : ''}${author ? ` by ${author}` : ''}\n${r.message ?? ''}`}>
      <span className={classes.what}>
        <b className="mono">{releaseName(r)}</b>
        <span className="small ink3 ellipsis">
          {r.commitId && <span className="mono">{r.commitId.slice(0, 7)}</span>} {author} · <Age time={r.createdAt} />
        </span>
      </span>
      <span className={`${classes.message} ellipsis`}>{message}</span>
    </div>
  );
}

function Foot({ application, folded, total }: { application: string; folded: number; total: number }) {
  return (
    <div className={classes.foot}>
      <span>Newest first{folded > 0 ? `, ${folded} between them folded` : ''}.</span>
      <span className={classes.legend}>
        <i className={classes.node} data-stop="runs" /> runs <i className={classes.node} data-stop="passed" /> passed through <i className={classes.node} data-stop="queued" /> waits{' '}
        <i className={classes.node} data-stop="planned" /> planned
      </span>
      <Link to="/applications/$application" params={{ application }} tabIndex={-1}>
        {total === 1 ? 'Its release' : `All ${total.toLocaleString()} releases`}
      </Link>
    </div>
  );
}
