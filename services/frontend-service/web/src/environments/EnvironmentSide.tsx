import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { IconAlertOctagon, IconArrowBarToRight, IconLock, IconLockOpen, IconSnowflake, IconTrain, IconUserCheck } from '@tabler/icons-react';
import { openDialog } from '../actions/dialogs';
import { timetableQuery } from '../api/line';
import type { Environment, Lock } from '../api/types';
import { Ago, useNow } from '../common/Ago';
import { Aside } from '../common/Aside';
import page from '../common/Page.module.css';
import { Fact } from '../common/Page';
import { When } from '../common/When';
import { cityOf, momentIn, until, viewerZone } from '../common/zones';
import { usePlan } from '../tray';
import { mayApprove } from '../approvals/words';
import { lockTitle, nameOf } from '../locks/words';
import { upstream } from './EnvironmentsTable';
import { FreezeWeek } from './FreezeWeek';
import { SignalArm } from './SignalArm';
import { concerns, freezeName, signalOf } from './signal';

interface Props {
  environment: Environment;
  stop?: Lock;
  close: () => void;
}

/** The right side: what stops the next release of an environment, when it ends, its trains, and its settings. */
export function EnvironmentSide({ environment: e, stop, close }: Props) {
  const navigate = useNavigate();
  const name = e.name ?? '';
  const signal = signalOf(e, stop);
  const title = (
    <>
      <h2 className="ellipsis">{name}</h2>
      <span className={`chip ${signal.tone === 'quiet' ? '' : signal.tone}`}>
        <SignalArm raised={signal.clear} /> {signal.word}
      </span>
    </>
  );
  const foot = (
    <div className="row">
      <Button style={{ flex: 1 }} leftSection={<IconTrain size={14} />} onClick={() => void navigate({ to: '/trains/$target', params: { target: name }, search: { group: false } })}>
        Preview train
      </Button>
      <Button variant="default" leftSection={<IconLock size={14} />} onClick={() => openDialog({ what: 'lock', environment: name })}>
        Lock…
      </Button>
      <Button variant="default" onClick={() => void navigate({ to: '/environments/$name/config', params: { name } })}>
        Edit config
      </Button>
    </div>
  );
  return (
    <Aside title={title} label={`Environment ${name}`} close={close} foot={foot}>
      <Stops environment={e} stop={stop} />
      <Departures environment={e} />
      <FreezeWeek environment={name} />
      <Settings environment={e} />
    </Aside>
  );
}

function Stops({ environment: e, stop }: { environment: Environment; stop?: Lock }) {
  const { now } = usePlan();
  const locks = [...(stop ? [stop] : []), ...(e.locks ?? []).filter((l) => l.scope !== 'LOCK_SCOPE_GLOBAL')];
  const nothing = !e.problem && locks.length === 0 && !e.freezes?.length && !e.queued && !e.pendingApprovals;
  return (
    <section aria-label="What stops the next release">
      <h3>What stops the next release</h3>
      {nothing && <p className="ink2">Nothing holds the whole environment. Locks and holds of one application stand on the overview.</p>}
      <div className={nothing ? undefined : page.well}>
        {e.problem && (
          <div>
            <Fact icon={<IconAlertOctagon size={14} color="var(--red)" />} title="Its config cannot be read">
              {e.problem}. It refuses deployments until that is mended.
            </Fact>
          </div>
        )}
        {locks.map((l) => (
          <div key={`${l.scope}/${l.id}`}>
            <Fact icon={<IconLock size={14} color="var(--violet)" />} title={l.scope === 'LOCK_SCOPE_GLOBAL' ? 'The line is stopped' : `Lock ${l.id} on ${lockTitle(l)}`}>
              {l.createdBy?.name || l.createdBy?.email}, <Ago time={l.createdAt} suffix=" ago" />: {l.message || 'no reason given'}. {l.expiresAt ? <>Ends <When time={l.expiresAt} />.</> : 'Never ends by itself.'}
            </Fact>
            <Button
              variant="subtle"
              color="gray"
              leftSection={<IconLockOpen size={14} />}
              onClick={() => now({ action: { deleteLock: nameOf(l) }, title: l.scope === 'LOCK_SCOPE_GLOBAL' ? 'End the stop' : `Delete lock ${l.id} on ${lockTitle(l)}` })}
            >
              {l.scope === 'LOCK_SCOPE_GLOBAL' ? 'End the stop…' : 'Delete lock…'}
            </Button>
          </div>
        ))}
        {(e.freezes ?? []).map((f) => (
          <div key={`${f.window}${f.until}`}>
            <Fact icon={<IconSnowflake size={14} color="var(--teal)" />} title={freezeName(f)}>
              {f.until ? <>Until <When time={f.until} />. </> : 'No end is known. '}
              {f.reason && `${f.reason}. `}For {concerns(f)}. What it holds back goes then, in one commit.
            </Fact>
          </div>
        ))}
        {!!e.pendingApprovals && (
          <div>
            <Fact icon={<IconUserCheck size={14} color="var(--violet)" />} title={`${e.pendingApprovals} to approve`}>
              <Link to="/approvals">See what waits for approval</Link>
            </Fact>
          </div>
        )}
        {!!e.queued && (
          <div>
            <Fact icon={<IconArrowBarToRight size={14} />} title={e.queued === 1 ? '1 version waits' : `${e.queued} versions wait`}>
              <Link to="/locks" search={{ tab: 'queue', environment: e.name }}>
                See the queue
              </Link>
            </Fact>
          </div>
        )}
      </div>
    </section>
  );
}

function Departures({ environment: e }: { environment: Environment }) {
  const now = useNow();
  const mine = viewerZone();
  const query = useQuery(timetableQuery(14, e.name));
  const departures = (query.data?.departures ?? []).slice(0, 4);
  const zones = new Map((query.data?.trains ?? []).map((t) => [`${t.environmentGroup ?? ''}/${t.environment ?? ''}/${t.name}`, t.timeZone || 'UTC']));
  return (
    <section aria-label="Next departures">
      <h3>Next departures</h3>
      {departures.length === 0 && <p className="ink2">{query.data ? 'No train departs by the clock in the next 14 days.' : 'Reading the timetable…'}</p>}
      <table style={{ fontSize: 12, width: '100%' }}>
        <tbody>
          {departures.map((d) => {
            const at = new Date(d.time ?? 0);
            const zone = zones.get(`${d.environmentGroup ?? ''}/${d.environment ?? ''}/${d.train}`) ?? 'UTC';
            const there = momentIn(at, zone, now);
            const here = momentIn(at, mine, now);
            const frozen = (d.frozen ?? []).includes(e.name ?? '');
            return (
              <tr key={`${d.train}${d.time}`} style={{ height: 24 }}>
                <td>
                  <span className="row" style={{ gap: 4 }}>
                    {frozen ? <IconSnowflake size={14} color="var(--teal)" aria-hidden="true" /> : <IconTrain size={14} color="var(--ink3)" aria-hidden="true" />} {d.train}
                  </span>
                </td>
                <td style={{ whiteSpace: 'nowrap' }}>
                  {here}
                  {there !== here && <span className="ink3">, {there} {cityOf(zone)}</span>}
                </td>
                <td style={{ textAlign: 'right', whiteSpace: 'nowrap' }} className="ink3">
                  {d.paused ? 'paused' : frozen ? <span style={{ color: 'var(--teal)' }}>held</span> : until(at, now)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

interface Known {
  argocd?: { destination?: { name?: string; server?: string; namespace?: string } };
  approval?: { by?: string[]; notAuthor?: boolean; expiresAfter?: string };
}

function Settings({ environment: e }: { environment: Environment }) {
  const { argocd, approval } = (e.config ?? {}) as Known;
  const group = e.environmentGroup || e.name || '';
  return (
    <section aria-label="Config">
      <h3>Config</h3>
      <dl className={page.facts}>
        <dt>Releases</dt>
        <dd>{upstream(e)}</dd>
        <dt>Group</dt>
        <dd>
          <Link to="/environment-groups/$name/config" params={{ name: group }}>
            {group}
          </Link>
        </dd>
        <dt>Cluster</dt>
        <dd className="mono">{argocd?.destination?.name || argocd?.destination?.server || <span className="ink3">Argo CD&apos;s own</span>}</dd>
        <dt>Approval</dt>
        <dd>
          {approval ? `${mayApprove({ approvers: approval.by, notAuthor: approval.notAuthor })}${approval.expiresAfter ? `; ends after ${approval.expiresAfter}` : ''}` : 'not asked for'}
        </dd>
      </dl>
    </section>
  );
}
