import { useQuery } from '@tanstack/react-query';
import { diffQuery } from '../api/queries';
import { Failed, Loading } from '../app/States';
import { Diff } from '../common/Diff';
import { releaseName } from '../common/words';

interface Props {
  application: string;
  environment: string;
  /** Version on either side; "0" before means nothing. */
  from: string;
  to: string;
}

/** What changes in an environment between two versions of an application: the releases, and the diff of its manifest. */
export function ChangeOf({ application, environment, from, to }: Props) {
  const diff = useQuery(diffQuery(application, environment, from, to));
  return (
    <section className="panel" aria-label={`Changes of ${application}`}>
      <header>
        <h2>
          {application} in {environment}
        </h2>
        <span className="grow" />
        {diff.data && (
          <span className="mono">
            <b style={{ color: 'var(--add)' }}>+{diff.data.added ?? 0}</b> <b style={{ color: 'var(--del)' }}>-{diff.data.removed ?? 0}</b>
          </span>
        )}
      </header>
      {diff.isError ? (
        <Failed what="The diff" error={diff.error} retry={() => void diff.refetch()} />
      ) : !diff.data ? (
        <Loading rows={6} />
      ) : (
        <>
          <ul style={{ listStyle: 'none', margin: 0, padding: '6px 12px' }}>
            {(diff.data.releases ?? []).slice(0, 20).map((r) => (
              <li key={r.version} className="row">
                <b className="mono">{releaseName(r)}</b>
                <span className="ellipsis grow">{r.message?.split('\n')[0]}</span>
                <span className="small ink3">{r.author?.replace(/ *<.*/, '')}</span>
              </li>
            ))}
          </ul>
          {diff.data.diff ? <Diff text={diff.data.diff} /> : <p className="page ink3">The manifests are the same.</p>}
        </>
      )}
    </section>
  );
}
