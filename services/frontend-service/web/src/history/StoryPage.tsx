import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { HistoryEntry } from '../api/types';
import { Empty, Failed, Loading } from '../app/States';
import { Ago, exact } from '../common/Ago';
import { Events } from './Events';
import { ApplicationField, EnvironmentField } from './Filters';
import classes from './History.module.css';
import { storyQuery } from './queries';
import { actionName, brokeGlass, splitMessage } from './words';

/** A commit's full story: what was asked, by whom and why, and everything it did. */
export function StoryPage() {
  const { commit } = useParams({ from: '/history/$commit' });
  const part = useSearch({ from: '/history/$commit' });
  const whole = useQuery(storyQuery(commit, {}));
  if (whole.isError) return <Failed what={`Commit ${commit}`} error={whole.error} retry={() => void whole.refetch()} />;
  if (!whole.data) return <Loading rows={8} />;
  const [entry, second] = whole.data;
  if (!entry)
    return (
      <Empty title={`Main has no commit ${commit.slice(0, 12)}`}>
        A commit of a source repository? See{' '}
        <Link to="/history" search={{ view: 'commit', commit }}>
          where it is deployed
        </Link>
        .
      </Empty>
    );
  if (second) return <Empty title={`${commit} is not clear`}>More than one commit begins with these digits. Give more of them.</Empty>;
  return <Story entry={entry} part={part} />;
}

function Story({ entry, part }: { entry: HistoryEntry; part: { application?: string; environment?: string } }) {
  const navigate = useNavigate({ from: '/history/$commit' });
  const { body, trailers } = splitMessage(entry.message);
  const foreign = entry.action === 'foreign';
  const total = entry.detailsTotal ?? 0;
  const set = (change: typeof part) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <div className={classes.body}>
      <div>
        <div className="small ink3">
          <Link to="/history">History</Link>
        </div>
        <h1 style={{ overflowWrap: 'anywhere' }}>{entry.subject}</h1>
      </div>
      <section className="panel" aria-label="The commit">
        <dl className={classes.facts}>
          <Fact name="Action">
            <span className="row" style={{ flexWrap: 'wrap' }}>
              {foreign ? <span className="chip orange">Past Signalbox</span> : actionName(entry.action)}
              {brokeGlass(entry) && <span className="chip red">Broke the glass</span>}
            </span>
            {foreign && <p className="ink2">Somebody pushed this to main without Signalbox: no rule was asked. The versions it made run stand below.</p>}
          </Fact>
          <Fact name="Who">
            {entry.author?.name} {entry.author?.email && <span className="ink3">{entry.author.email}</span>}
          </Fact>
          <Fact name="When">
            {entry.time && exact(new Date(entry.time))}{' '}
            <span className="ink3">
              (<Ago time={entry.time} suffix=" ago" />)
            </span>
          </Fact>
          <Fact name="Why">{entry.reason || <span className="ink3">No reason was given.</span>}</Fact>
          <Fact name="Commit">
            <span className="row">
              <span className="mono ellipsis">{entry.commit}</span>
              <Copy text={entry.commit ?? ''} />
            </span>
          </Fact>
          {entry.operationId && (
            <Fact name="Operation">
              <span className="mono">{entry.operationId}</span>
            </Fact>
          )}
        </dl>
        {body && <pre className={classes.message}>{body}</pre>}
        {trailers.length > 0 && (
          <details className={classes.trailers}>
            <summary>{trailers.length.toLocaleString('en')} lines that programs read</summary>
            <pre>{trailers.slice(0, 200).join('\n')}</pre>
          </details>
        )}
      </section>
      <section className="panel" aria-label="What it did">
        <header style={{ flexWrap: 'wrap' }}>
          <h2>What it did</h2> <span className="count">{total.toLocaleString('en')}</span>
          <span className="grow" />
          {total > 1 && (
            <>
              <ApplicationField value={part.application} change={(application) => set({ application })} />
              <EnvironmentField value={part.environment} change={(environment) => set({ environment })} />
            </>
          )}
        </header>
        <Details entry={entry} part={part} total={total} />
      </section>
    </div>
  );
}

function Details({ entry, part, total }: { entry: HistoryEntry; part: { application?: string; environment?: string }; total: number }) {
  const filtered = !!(part.application || part.environment);
  const story = useQuery({ ...storyQuery(entry.commit ?? '', part), enabled: filtered });
  if (story.isError) return <Failed what="What it did" error={story.error} retry={() => void story.refetch()} />;
  const details = (filtered ? story.data?.[0]?.details : entry.details) ?? [];
  if (total === 0)
    return (
      <p className="page ink3">
        {entry.action === 'foreign' ? (
          <>
            It changed no version that runs. What it did to files, such as a manifest that was edited, git knows: <code className="mono">git show {entry.commit?.slice(0, 12)}</code>
          </>
        ) : (
          'Nothing beyond the commit itself.'
        )}
      </p>
    );
  if (filtered && story.isPending) return <Loading rows={3} />;
  if (details.length === 0) return <p className="page ink3">Nothing of that, here.</p>;
  return (
    <>
      <Events details={details} />
      {!filtered && total > details.length && (
        <p className={classes.more}>
          The first {details.length.toLocaleString('en')} of {total.toLocaleString('en')} are shown. Name an application or an environment to see all of it; git has the rest:{' '}
          <code className="mono">git show {entry.commit?.slice(0, 12)}</code>
        </p>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Copy({ text }: { text: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button variant="subtle" onClick={copy} leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      )}
    </CopyButton>
  );
}
