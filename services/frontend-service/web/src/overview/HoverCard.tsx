import type { Environment } from '../api/types';
import { useNow } from '../common/Ago';
import { MarkIcon, QueuedIcon } from '../common/Marks';
import { differs, runs, versionName } from '../common/words';
import type { Application } from '../api/types';
import { type Sentence, sentences } from './cellWords';
import { type Column, summaryOf } from './columns';
import classes from './HoverCard.module.css';

const WIDTH = 328;

interface Props {
  application: Application;
  column: Column;
  /** The cell on the screen. */
  rect: DOMRect;
  planned?: string;
}

/** Says in words what a cell shows in marks: why, who, until when. */
export function HoverCard({ application, column, rect, planned }: Props) {
  const now = useNow();
  const e = column.environment;
  const d = application.deployments?.find((x) => x.environment === e?.name);
  const below = rect.bottom + 180 < window.innerHeight;
  const left = Math.max(8, Math.min(rect.left, window.innerWidth - WIDTH - 8));
  return (
    <div
      id="cell-card"
      role="tooltip"
      className={classes.card}
      style={{ left, width: WIDTH, ...(below ? { top: rect.bottom + 4 } : { bottom: window.innerHeight - rect.top + 4 }) }}
    >
      <p className={classes.title}>
        <b>{application.name}</b> in {e?.name ?? column.group}
      </p>
      {e ? (
        <>
          <p>
            {runs(d) ? <b className="mono">{versionName(d?.version, d?.displayVersion)}</b> : 'Nothing runs here'}
            {d?.behind ? ` ${d.behind} behind` : runs(d) && d?.upstreamVersion && !differs(d) ? ' as upstream' : ''}
          </p>
          <ul>
            {sentences(d, e, now, planned).map((s) => (
              <li key={s.text}>
                <Icon mark={s.mark} />
                <span>{s.text}</span>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <Folded application={application} folded={column.folded ?? []} />
      )}
    </div>
  );
}

function Icon({ mark }: { mark: Sentence['mark'] }) {
  if (mark === 'queued' || mark === 'planned') return <QueuedIcon />;
  return mark ? <MarkIcon kind={mark} size={13} quiet /> : <i />;
}

function Folded({ application, folded }: { application: Application; folded: Environment[] }) {
  const s = summaryOf(application, folded);
  return (
    <p>
      {s.same} of {s.all} environments run what their upstream runs.
      {s.differing.length > 0 && ` These differ: ${s.differing.slice(0, 8).join(', ')}${s.differing.length > 8 ? ` and ${s.differing.length - 8} more` : ''}.`}
      {s.locked > 0 && ` Locked in ${s.locked}.`}
      {s.held > 0 && ` On hold in ${s.held}.`}
      {s.queued > 0 && ` A version is queued in ${s.queued}.`} Enter unfolds the group.
    </p>
  );
}
