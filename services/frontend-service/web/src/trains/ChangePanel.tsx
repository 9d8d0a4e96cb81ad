import { ActionIcon } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { IconGitCommit, IconX } from '@tabler/icons-react';
import type { PreviewChange } from '../api/line';
import { Ago } from '../common/Ago';
import { Diff } from '../common/Diff';
import { Segments } from '../common/Segments';
import { releaseName } from '../common/words';
import { ChangeOf } from './ChangeOf';
import { type Namer, type OutcomeRow, skipWords } from './outcome';
import classes from './TrainPage.module.css';

interface Props {
  row: OutcomeRow;
  environments: string[];
  name: Namer;
  environment?: string;
  choose: (environment: string) => void;
  close: () => void;
}

/** One application of a train: the releases that come with it, and the change of its manifests in each environment. */
export function ChangePanel({ row, environments, name, environment, choose, close }: Props) {
  const places = environments.filter((e) => row.results.has(e));
  const shown = environment && places.includes(environment) ? environment : (places.find((e) => row.changes.has(e)) ?? places[0] ?? '');
  const result = row.results.get(shown) ?? {};
  const change = row.changes.get(shown);
  return (
    <section className={`panel ${classes.right}`} aria-label={`${row.application}, what changes`}>
      <header>
        <h2>
          <Link to="/applications/$application" params={{ application: row.application }}>
            {row.application}
          </Link>
        </h2>
        <span className="mono">
          {name(row.application, result.previousVersion) || 'nothing'} → <b>{name(row.application, result.version)}</b>
        </span>
        <span className="grow" />
        {places.length > 1 && <Segments label="Environment" value={shown} data={places.map((e) => ({ value: e, label: e }))} onChange={choose} />}
        <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      {(result.because || !change) && (
        <p style={{ padding: '8px 12px' }}>
          <b>{shown}:</b> {result.because || skipWords(result)}
        </p>
      )}
      {change ? (
        <Change change={change} application={row.application} />
      ) : (
        result.version !== result.previousVersion &&
        !!result.version && <ChangeOf application={row.application} environment={shown} from={result.previousVersion ?? '0'} to={result.version} />
      )}
    </section>
  );
}

/** The releases and the diff of one change of a preview. */
export function Change({ change, application }: { change: PreviewChange; application: string }) {
  return (
    <>
      {change.backwards && <p className="ink2" style={{ padding: '4px 12px' }}>The version goes back; these releases go away:</p>}
      <ul style={{ listStyle: 'none', margin: 0, padding: '6px 12px', borderBottom: '1px solid var(--line)' }}>
        {(change.releases ?? []).map((r) => (
          <li key={r.version} className="row">
            <IconGitCommit size={14} color="var(--ink3)" style={{ flex: 'none' }} aria-hidden="true" />
            <b className="mono">{releaseName(r)}</b>
            <span className="ellipsis grow">{r.message?.split('\n')[0]}</span>
            <span className="small ink3" style={{ whiteSpace: 'nowrap' }}>
              {r.author?.replace(/ *<.*/, '')}, <Ago time={r.createdAt} />
            </span>
          </li>
        ))}
        {(change.releasesTotal ?? 0) > (change.releases ?? []).length && <li className="ink3 small">and {(change.releasesTotal ?? 0) - (change.releases ?? []).length} older ones</li>}
      </ul>
      {change.diff ? <Diff text={change.diff} /> : <p className="page ink3">{change.diffCut ? 'The diff is too long for this preview.' : 'The manifests are the same.'}</p>}
      {change.diffCut && (
        <p className="page small">
          The diff is cut.{' '}
          <Link to="/applications/$application" params={{ application }} search={{ env: change.environment, from: change.fromVersion, to: change.toVersion }}>
            See it whole
          </Link>
        </p>
      )}
    </>
  );
}
