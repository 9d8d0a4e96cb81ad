import { Button, Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { LockDialog } from '../actions/LockDialog';
import { TrainDialog } from '../actions/TrainDialog';
import { UnlockDialog } from '../actions/UnlockDialog';
import { environmentsQuery } from '../api/queries';
import type { Environment, EnvironmentGroup, Lock } from '../api/types';
import { Empty, Failed, Loading } from '../app/States';
import { lockSentence, priorityName } from '../common/words';

type Open = { what: 'train'; target: string; group: boolean } | { what: 'lock'; environment: string } | { what: 'unlock'; lock: Lock };

/** The chain of environments: where releases come from, what holds them, and trains. */
export function EnvironmentsPage() {
  const query = useQuery(environmentsQuery);
  const [open, setOpen] = useState<Open>();
  if (query.isError) return <Failed what="Environments" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const environments = query.data.environments ?? [];
  if (environments.length === 0)
    return (
      <Empty title="No environments yet">
        Create one from its config.json:
        <Code block mt={8} ta="left">
          signalbox env apply development --config config.json
        </Code>
      </Empty>
    );
  return (
    <div className="page" style={{ display: 'grid', gap: 12 }}>
      {groupsInOrder(environments, query.data.groups ?? []).map((g) => (
        <section key={g.group} className="panel">
          <header>
            <h2>{g.group}</h2>
            <span className="chip">{priorityName(g.environments[0] ?? {})}</span>
            <span className="grow" />
            {g.environments.length > 1 && (
              <Button variant="default" onClick={() => setOpen({ what: 'train', target: g.group, group: true })}>
                Run a train to all of {g.group}…
              </Button>
            )}
          </header>
          <table className="list">
            <tbody>
              {g.environments.map((e) => (
                <Row key={e.name} e={e} open={setOpen} />
              ))}
            </tbody>
          </table>
        </section>
      ))}
      {open?.what === 'train' && <TrainDialog target={open.target} group={open.group} close={() => setOpen(undefined)} />}
      {open?.what === 'lock' && <LockDialog environment={open.environment} close={() => setOpen(undefined)} />}
      {open?.what === 'unlock' && <UnlockDialog lock={open.lock} close={() => setOpen(undefined)} />}
    </div>
  );
}

function Row({ e, open }: { e: Environment; open: (o: Open) => void }) {
  const [config, setConfig] = useState(false);
  return (
    <>
      <tr>
        <td style={{ width: 200 }}>
          <b>{e.name}</b>
        </td>
        <td>
          {e.problem ? (
            <span style={{ color: 'var(--red)' }}>{e.problem}</span>
          ) : (
            <>
              {e.latest ? 'takes new releases' : e.upstreamEnvironment ? `from ${e.upstreamEnvironment}` : 'no upstream'}
              <span className="ink3">
                {' '}
                · {e.applications ?? 0} applications{e.queued ? ` · ${e.queued} queued` : ''}
              </span>
            </>
          )}
          {(e.locks ?? []).map((l) => (
            <div key={l.id} className="row">
              <span className="chip violet">Locked</span>
              <span className="grow ellipsis">{lockSentence(l)}</span>
              <Button variant="subtle" color="gray" onClick={() => open({ what: 'unlock', lock: l })}>
                Delete lock…
              </Button>
            </div>
          ))}
        </td>
        <td style={{ textAlign: 'right', whiteSpace: 'nowrap' }}>
          <Button variant="subtle" color="gray" onClick={() => setConfig(!config)} aria-expanded={config}>
            {config ? 'Hide config' : 'Show config'}
          </Button>{' '}
          <Button variant="default" onClick={() => open({ what: 'lock', environment: e.name ?? '' })}>
            Lock…
          </Button>{' '}
          {e.upstreamEnvironment && (
            <Button variant="default" onClick={() => open({ what: 'train', target: e.name ?? '', group: false })}>
              Run a train…
            </Button>
          )}
        </td>
      </tr>
      {config && (
        <tr>
          <td colSpan={3}>
            <Code block>{JSON.stringify(e.config ?? {}, null, 2)}</Code>
          </td>
        </tr>
      )}
    </>
  );
}

/** Environments by group, groups in the order their first environment has in the chain. */
export function groupsInOrder(environments: Environment[], groups: EnvironmentGroup[]): { group: string; environments: Environment[] }[] {
  const known = new Set(groups.map((g) => g.name));
  const byGroup = new Map<string, Environment[]>();
  for (const e of environments) {
    const name = e.environmentGroup && (known.size === 0 || known.has(e.environmentGroup)) ? e.environmentGroup : (e.name ?? '');
    byGroup.set(name, [...(byGroup.get(name) ?? []), e]);
  }
  return [...byGroup].map(([group, list]) => ({ group, environments: list }));
}
