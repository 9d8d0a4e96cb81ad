import { Button, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../api/client';
import type { Deployment, Release } from '../api/types';
import { Ago } from '../common/Ago';
import { releaseName } from '../common/words';
import classes from './ReleaseList.module.css';

interface Props {
  application: string;
  environment: string;
  current?: Deployment;
  chosen?: string;
  choose: (release: Release) => void;
}

/** The releases of an application, newest first: version, commit message, author, age, and where they run. */
export function ReleaseList({ application, environment, current, chosen, choose }: Props) {
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 150);
  const query = useInfiniteQuery({
    queryKey: ['releases', application, 'found', search],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET('/api/v1/applications/{application}/releases', {
          signal,
          params: { path: { application }, query: { pageSize: 20, pageToken: pageParam || undefined, search: search || undefined } },
        }),
      ),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    placeholderData: keepPreviousData,
  });
  const releases = (query.data?.pages ?? []).flatMap((p) => p.releases ?? []);
  return (
    <div className={classes.list}>
      <TextInput label="Version" placeholder="Version, commit, author or message" value={text} onChange={(e) => setText(e.currentTarget.value)} data-autofocus />
      <div className={classes.scroll} role="radiogroup" aria-label={`Version of ${application}`}>
        {query.isPending && <Skeleton height={12} m={12} width="70%" />}
        {releases.map((r) => (
          <Row key={r.version} release={r} environment={environment} runsNow={r.version === current?.version} checked={r.version === chosen} choose={choose} />
        ))}
        {!query.isPending && releases.length === 0 && <p className={classes.none}>{search ? `No release matches "${search}".` : 'No releases yet.'}</p>}
        {query.hasNextPage && (
          <Button variant="subtle" color="gray" fullWidth loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older releases, {releases.length} of {query.data?.pages[0]?.total}
          </Button>
        )}
      </div>
    </div>
  );
}

function Row({ release: r, environment, runsNow, checked, choose }: { release: Release; environment: string; runsNow: boolean; checked: boolean; choose: (r: Release) => void }) {
  const here = r.environments?.includes(environment);
  const elsewhere = (r.deployedTo ?? []).filter((e) => e !== environment);
  return (
    <label className={classes.row} data-checked={checked || undefined} data-off={!here || undefined}>
      <input type="radio" name="version" value={r.version} checked={checked} disabled={!here} onChange={() => choose(r)} />
      <span className={classes.version}>
        <b className="mono">{releaseName(r)}</b>
        {r.displayVersion && <span className="small ink3"> {r.version}</span>}
      </span>
      <span className={classes.text}>
        <span className="ellipsis">{r.message?.split('\n')[0] || 'no message'}</span>
        <span className="small ink3 ellipsis">
          {r.commitId && <span className="mono">{r.commitId.slice(0, 7)} </span>}
          {r.author?.replace(/\s*<.*/, '')} · <Ago time={r.createdAt} suffix=" ago" />
          {elsewhere.length > 0 && ` · runs in ${elsewhere.join(', ')}`}
        </span>
      </span>
      {runsNow && <span className="chip">runs now</span>}
      {!here && <span className="small ink3">no manifest for {environment}</span>}
    </label>
  );
}
