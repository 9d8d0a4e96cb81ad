import { Button, Code, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type QueuedVersion, type QueueFilter, queueQuery } from '../api/line';
import { Empty, Failed, Loading } from '../app/States';
import { Ago } from '../common/Ago';
import page from '../common/Page.module.css';
import { When } from '../common/When';
import { versionName } from '../common/words';
import { usePlan } from '../tray';

interface Props {
  filter: QueueFilter;
  change: (filter: QueueFilter) => void;
}

/** What waits: behind what, since when, and when it goes. */
export function QueueTable({ filter, change }: Props) {
  const query = useInfiniteQuery(queueQuery(filter));
  const { now } = usePlan();
  const slow = useDebouncedCallback(change, 200);
  const filtered = !!(filter.environment || filter.application || filter.team);
  const total = query.data?.pages[0]?.total ?? 0;
  const field = (key: keyof QueueFilter, label: string) => (
    <TextInput
      key={`${key}:${filter[key] ?? ''}`}
      aria-label={label}
      placeholder={label}
      defaultValue={filter[key] ?? ''}
      onChange={(e) => slow({ ...filter, [key]: e.currentTarget.value.trim() || undefined })}
      w={150}
    />
  );
  return (
    <>
      <div className={page.bar}>
        {field('environment', 'Environment')}
        {field('team', 'Team')}
        {field('application', 'Application')}
        <span className="grow small ink3">
          What a lock or a freeze held back. Behind a freeze a version goes by itself when the freeze ends; behind a lock it waits for a train, or for you.
        </span>
        <Button disabled={total === 0} onClick={() => now({ action: { releaseQueue: filter }, title: `Release the queue${said(filter)}` })}>
          {filtered ? 'Release these…' : 'Release the queue…'}
        </Button>
      </div>
      <div className={page.scroll}>
        <Rows query={query} filtered={filtered} release={(v) => now(releaseOf(v))} />
      </div>
      <div className={page.foot}>{total === 1 ? '1 version waits' : `${total} versions wait`}{filtered ? ' that match' : ''}</div>
    </>
  );
}

function releaseOf({ application, environment }: QueuedVersion) {
  return { action: { releaseQueue: { application, environment } }, title: `Release ${application} in ${environment} from the queue` };
}

function said({ application, team, environment }: QueueFilter): string {
  return [application && ` of ${application}`, team && ` of team ${team}`, environment && ` in ${environment}`].filter(Boolean).join('');
}

type Query = ReturnType<typeof useInfiniteQuery<{ queued?: QueuedVersion[]; total?: number; nextPageToken?: string }>>;

function Rows({ query, filtered, release }: { query: Query; filtered: boolean; release: (v: QueuedVersion) => void }) {
  if (query.isError) return <Failed what="The queue" error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading />;
  const rows = query.data.pages.flatMap((p) => p.queued ?? []);
  if (rows.length === 0)
    return filtered ? (
      <p className="page ink3">Nothing waits that matches these filters.</p>
    ) : (
      <Empty title="Nothing waits">
        A version that a lock or a freeze holds back stands here until it goes. <Code>signalbox queue list</Code> says the same.
      </Empty>
    );
  return (
    <>
      <table className="list">
        <thead>
          <tr>
            <th>Application</th>
            <th>Environment</th>
            <th>Runs, waits</th>
            <th>Held back by</th>
            <th>Since</th>
            <th>Goes</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {rows.map((v) => (
            <Row key={`${v.environment}/${v.application}`} v={v} release={release} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && (
        <div style={{ padding: 8 }}>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ v, release }: { v: QueuedVersion; release: (v: QueuedVersion) => void }) {
  return (
    <tr>
      <td>
        <Link to="/applications/$application" params={{ application: v.application ?? '' }} style={{ fontWeight: 600 }}>
          {v.application}
        </Link>
        <div className="small ink3">{v.team}</div>
      </td>
      <td>{v.environment}</td>
      <td className="mono" style={{ whiteSpace: 'nowrap' }}>
        {versionName(v.runningVersion, v.runningDisplayVersion) || 'nothing'} → <b>{versionName(v.version, v.displayVersion)}</b>
      </td>
      <td style={{ overflowWrap: 'anywhere' }}>
        {v.heldByNow ? (
          <span className={v.cause === 'freeze' ? 'chip teal' : 'chip violet'} style={{ whiteSpace: 'normal', height: 'auto', minHeight: 20 }}>
            {v.heldByNow}
          </span>
        ) : (
          <>
            <span className="chip outline">Nothing any more</span>
            <div className="small ink3">was {v.because}</div>
          </>
        )}
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>
        <Ago time={v.queuedAt} suffix=" ago" />
        <div className="small ink3">{v.queuedBy?.name || v.queuedBy?.email}</div>
      </td>
      <td>{v.goesAt ? <When time={v.goesAt} stacked /> : <span className="ink2">with a train, or when released</span>}</td>
      <td style={{ textAlign: 'right', whiteSpace: 'nowrap' }}>
        {!v.heldByNow && (
          <Button variant="default" onClick={() => release(v)} aria-label={`Release ${v.application} in ${v.environment} from the queue`}>
            Release…
          </Button>
        )}
      </td>
    </tr>
  );
}
