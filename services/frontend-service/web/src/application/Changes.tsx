import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { diffQuery } from '../api/queries';
import type { Release } from '../api/types';
import { Failed, Loading } from '../app/States';
import { Diff } from '../common/Diff';
import { releaseName } from '../common/words';

export { Diff };

interface Props {
  application: string;
  environment: string;
  releases: Release[];
  from: string;
  to: string;
}

/** What changes in an environment's manifest between two releases, with the commits between. */
export function Changes({ application, environment, releases, from, to }: Props) {
  const navigate = useNavigate({ from: '/applications/$application' });
  const diff = useQuery(diffQuery(application, environment, from, to));
  const choices = releases.filter((r) => r.environments?.includes(environment)).map((r) => ({ value: r.version ?? '', label: releaseName(r) }));
  const set = (part: { from?: string; to?: string }) => void navigate({ search: (old) => ({ ...old, env: environment, ...part }), replace: true });
  return (
    <section className="panel">
      <header>
        <h2>Changes</h2>
        <Select aria-label="From version" w={120} data={choices} value={from === '0' ? null : from} placeholder="nothing" onChange={(v) => set({ from: v ?? undefined })} />
        <span aria-hidden="true">→</span>
        <Select aria-label="To version" w={120} data={choices} value={to || null} onChange={(v) => set({ to: v ?? undefined })} />
        <span className="ink3 grow ellipsis">in {environment}</span>
        {diff.data && (
          <span className="mono">
            <b style={{ color: 'var(--add)' }}>+{diff.data.added ?? 0}</b> <b style={{ color: 'var(--del)' }}>-{diff.data.removed ?? 0}</b>
          </span>
        )}
      </header>
      {diff.isError ? (
        <Failed what="The diff" error={diff.error} retry={() => void diff.refetch()} />
      ) : !to ? (
        <p className="page ink3">No release has a manifest for {environment}.</p>
      ) : !diff.data ? (
        <Loading rows={8} />
      ) : (
        <>
          <ul style={{ listStyle: 'none', margin: 0, padding: '4px 12px' }}>
            {(diff.data.releases ?? []).slice(0, 20).map((r) => (
              <li key={r.version} className="row">
                <b className="mono">{releaseName(r)}</b>
                <span className="mono ink3">{r.commitId?.slice(0, 8)}</span>
                <span className="ellipsis grow">{r.message?.split('\n')[0]}</span>
                <span className="ink3 nowrap">{r.author?.replace(/ *<.*/, '')}</span>
              </li>
            ))}
          </ul>
          {diff.data.diff ? <Diff text={diff.data.diff} label={`Changes from ${from} to ${to} in ${environment}`} maxHeight="70vh" /> : <p className="page ink3">The manifests are the same.</p>}
        </>
      )}
    </section>
  );
}
