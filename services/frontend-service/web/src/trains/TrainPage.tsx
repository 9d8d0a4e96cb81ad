import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { IconArrowBarToRight, IconArrowRight, IconMinus, IconTrain, IconUserCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type TrainPreview, trainPreviewQuery } from '../api/line';
import type { TrainSearch } from '../app/lineSearch';
import { Loading } from '../app/States';
import { Refusal } from '../tray/AnswerBox';
import { clockIn, viewerZone } from '../common/zones';
import { usePlan } from '../tray';
import { CauseList } from './CauseList';
import { ChangePanel } from './ChangePanel';
import { type Fate, type Outcome, readOutcome } from './outcome';
import { OutcomeTable } from './OutcomeTable';
import { runTrainOf } from './target';
import classes from './TrainPage.module.css';
import { TrainFields } from './TrainFields';

const plural = (n: number, one: string) => (n === 1 ? `1 ${one}` : `${n} ${one}s`);

/** What a train into a target would do now, and the button that runs it. */
export function TrainPage() {
  const { target } = useParams({ from: '/trains/$target' });
  const search = useSearch({ from: '/trains/$target' });
  const navigate = useNavigate({ from: '/trains/$target' });
  const change = (part: TrainSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const runTrain = runTrainOf(target, search);
  const preview = useQuery(trainPreviewQuery(runTrain));
  const planner = usePlan();
  const outcome = preview.data && !preview.isError ? readOutcome(preview.data) : undefined;
  const planned = { action: { runTrain }, title: `Run train${search.train ? ` ${search.train}` : ''} into ${target}${search.set ? ` with release set ${search.set}` : ''}` };
  const nothing = !outcome?.acts;
  const row = outcome?.rows.find((r) => r.application === search.application);
  return (
    <div style={{ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 }}>
      <div className={classes.bar}>
        <div className={classes.top}>
          <div className={classes.fields}>
            <div style={{ marginRight: 8 }}>
              <nav className={classes.crumbs} aria-label="Where you are">
                <Link to="/trains">Trains</Link> / {search.train ?? 'on demand'} / preview
              </nav>
              <h1>Train into {target}</h1>
            </div>
            <TrainFields target={target} search={search} change={change} />
          </div>
          <Button variant="default" disabled={nothing} onClick={() => planner.plan(planned)}>
            Plan it
          </Button>
          <Button leftSection={<IconTrain size={14} />} disabled={nothing} onClick={() => planner.now(planned)}>
            Run now…
          </Button>
        </div>
        {outcome && preview.data && (
          <div className={classes.counts}>
            <Counts outcome={outcome} show={search.show} change={change} />
            <span className="grow" />
            <Verdict outcome={outcome} preview={preview.data} />
          </div>
        )}
      </div>
      {preview.isError ? (
        <div className="page">
          <Refusal error={preview.error} />
        </div>
      ) : !outcome ? (
        <Loading rows={10} />
      ) : (
        <div className={classes.body}>
          <section className={`panel ${classes.left}`} aria-label="What the train would do">
            <CauseList causes={outcome.causes} />
            <OutcomeTable
              outcome={outcome}
              show={search.show}
              chosen={search.application}
              choose={(application) => change({ application: application === search.application ? undefined : application })}
            />
          </section>
          {row && (
            <ChangePanel
              row={row}
              environments={outcome.environments}
              name={outcome.name}
              environment={search.environment}
              choose={(environment) => change({ environment })}
              close={() => change({ application: undefined })}
            />
          )}
        </div>
      )}
    </div>
  );
}

/** What the run would come to, in a line, and what it was decided on. */
function Verdict({ outcome: { counts, acts }, preview }: { outcome: Outcome; preview: TrainPreview }) {
  const parts = [counts.move && `moves ${plural(counts.move, 'deployment')}`, counts.queued && `leaves ${counts.queued} held back`, counts.approval && `asks approval for ${counts.approval}`];
  const said = parts.filter(Boolean).join(', ');
  return (
    <div className="small ink2" style={{ textAlign: 'right' }}>
      {acts ? `One commit: ${said}.` : counts.queued + counts.approval ? 'Nothing moves while that holds: no commit.' : 'Nothing to do: no commit.'}
      <div className="ink3">
        Decided at {preview.asOf ? clockIn(new Date(preview.asOf), viewerZone()) : ''} on main <span className="mono">{preview.commit?.slice(0, 7)}</span>; same rules as the run.
      </div>
    </div>
  );
}

function Counts({ outcome, show, change }: { outcome: Outcome; show?: Fate; change: (part: TrainSearch) => void }) {
  const one = (fate: Fate, icon: ReactNode, words: string) =>
    outcome.counts[fate] > 0 && (
      <button type="button" className={classes.count} aria-pressed={show === fate} onClick={() => change({ show: show === fate ? undefined : fate })}>
        {icon} <b>{outcome.counts[fate]}</b> {words}
      </button>
    );
  const skips = outcome.skips.slice(0, 1).map((s) => s.words.toLowerCase()).join();
  return (
    <div className="row" role="group" aria-label="Show only" style={{ flexWrap: 'wrap' }}>
      {one('move', <IconArrowRight size={14} />, 'move')}
      {one('approval', <IconUserCheck size={14} color="var(--violet)" />, 'need approval')}
      {one('queued', <IconArrowBarToRight size={14} />, 'held back')}
      {one('skipped', <IconMinus size={14} />, `skipped${skips ? `: most, ${skips}` : ''}`)}
    </div>
  );
}
