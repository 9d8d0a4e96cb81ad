import { ActionIcon, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { DeployDialog } from '../actions/DeployDialog';
import { LockDialog } from '../actions/LockDialog';
import { UnlockDialog } from '../actions/UnlockDialog';
import { applicationQuery } from '../api/queries';
import type { Deployment, Environment, Lock } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import { differs, isQueued, lockScope, runs, versionName } from '../common/words';

interface Props {
  application: string;
  environment: string;
  environments: Environment[];
  close: () => void;
}

/** The side panel: everything about one application in one environment, and what can be done about it. */
export function CellPanel({ application, environment, close }: Props) {
  const query = useQuery(applicationQuery(application));
  const [dialog, setDialog] = useState<'deploy' | 'lock' | Lock>();
  if (query.isError) return <Failed what={application} error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const d: Deployment = query.data.deployments?.find((x) => x.environment === environment) ?? { application, environment };
  const done = () => setDialog(undefined);
  return (
    <>
      <header className="row" style={{ padding: '8px 12px', borderBottom: '1px solid var(--line)' }}>
        <h2 className="grow ellipsis">
          <Link to="/applications/$application" params={{ application }} search={{ env: environment }}>
            {application}
          </Link>{' '}
          in {environment}
        </h2>
        <ActionIcon variant="subtle" color="gray" onClick={close} aria-label="Close">
          <IconX size={16} />
        </ActionIcon>
      </header>
      <div style={{ padding: 12, display: 'grid', gap: 12 }}>
        <Facts d={d} />
        <div className="row">
          <Button onClick={() => setDialog('deploy')}>Deploy…</Button>
          <Button variant="default" onClick={() => setDialog('lock')}>
            Lock…
          </Button>
        </div>
        {(d.locks ?? []).length > 0 && (
          <section aria-label="Locks">
            <h2>Held by</h2>
            {(d.locks ?? []).map((lock) => (
              <div key={`${lock.scope}/${lock.id}`} style={{ padding: '6px 0', borderBottom: '1px solid var(--line)' }}>
                <div className="row">
                  <span className="chip violet">{lock.id}</span>
                  <span className="small ink3 grow ellipsis">{lockScope(lock)}</span>
                  <Button variant="subtle" color="gray" onClick={() => setDialog(lock)}>
                    Delete…
                  </Button>
                </div>
                <div>{lock.message}</div>
                <div className="small ink3">
                  {lock.createdBy?.name}, <Ago time={lock.createdAt} suffix=" ago" />
                </div>
              </div>
            ))}
          </section>
        )}
      </div>
      {dialog === 'deploy' && <DeployDialog application={application} environment={environment} close={done} />}
      {dialog === 'lock' && <LockDialog application={application} environment={environment} close={done} />}
      {typeof dialog === 'object' && <UnlockDialog lock={dialog} close={done} />}
    </>
  );
}

function Facts({ d }: { d: Deployment }) {
  return (
    <dl style={{ display: 'grid', gridTemplateColumns: '96px 1fr', gap: '4px 8px', margin: 0 }}>
      <Fact name="Runs">{runs(d) ? <b className="mono">{versionName(d.version, d.displayVersion)}</b> : 'nothing'}</Fact>
      {differs(d) && (
        <Fact name="Upstream">
          <span className="mono">{d.upstreamVersion}</span>
          {d.behind ? ` (${d.behind} behind)` : ''}
        </Fact>
      )}
      {isQueued(d) && (
        <Fact name="Queued">
          <b className="mono">{versionName(d.queuedVersion, d.queuedDisplayVersion)}</b> behind {d.queuedBecause}
        </Fact>
      )}
      {runs(d) && (
        <Fact name="Since">
          <Ago time={d.deployedAt} suffix=" ago" /> by {d.deployedBy?.name || d.deployedBy?.email}
        </Fact>
      )}
      {d.reason && <Fact name="Why">{d.reason}</Fact>}
      {d.commitId && (
        <Fact name="Commit">
          <span className="mono">{d.commitId.slice(0, 10)}</span> {d.sourceAuthor}
        </Fact>
      )}
      {d.hold && <Fact name="On hold">{d.holdReason || 'no reason given'}</Fact>}
      {d.editedByHand && <Fact name="Edited">The manifest in git is not the one of this release</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="ink3">{name}</dt>
      <dd style={{ margin: 0, minWidth: 0, overflowWrap: 'anywhere' }}>{children}</dd>
    </>
  );
}
