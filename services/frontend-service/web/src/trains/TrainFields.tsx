import { Checkbox, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { releaseSetsQuery, teamsQuery, timetableQuery } from '../api/line';
import { environmentsQuery } from '../api/queries';
import type { TrainSearch } from '../app/lineSearch';
import { PAST, targetOf } from './target';

interface Props {
  target: string;
  search: TrainSearch;
  change: (part: TrainSearch) => void;
}

const UPSTREAM = 'upstream';
const SET = 'set:';

/** Where the train takes its versions from, whom it takes, and whether it goes whole or not at all. */
export function TrainFields({ target, search, change }: Props) {
  const sets = useQuery(releaseSetsQuery);
  const teams = useQuery(teamsQuery);
  const timetable = useQuery(timetableQuery(14));
  const environments = useQuery(environmentsQuery);
  const slow = useDebouncedCallback(change, 400);
  const past = search.revision !== undefined || search.from === PAST;
  const trains = (timetable.data?.trains ?? []).filter((t) => targetOf(t) === target).map((t) => t.name ?? '');
  const source = search.set ? SET + search.set : past ? PAST : UPSTREAM;
  const setSource = (value: string | null) => {
    if (value === PAST) change({ set: undefined, from: PAST });
    else change({ set: value?.startsWith(SET) ? value.slice(SET.length) : undefined, revision: undefined, from: undefined });
  };
  return (
    <>
      <Select
        label="From"
        data={[
          { value: UPSTREAM, label: 'Upstream as it runs now' },
          { group: 'Release sets', items: (sets.data?.releaseSets ?? []).map((s) => ({ value: SET + s.name, label: s.name ?? '' })) },
          { value: PAST, label: 'A past commit or tag' },
        ]}
        value={source}
        onChange={setSource}
        allowDeselect={false}
        w={190}
      />
      {past && (
        <>
          <TextInput
            label="Commit or tag"
            placeholder="7 to 40 digits, or a tag"
            defaultValue={search.revision ?? ''}
            onChange={(e) => slow({ revision: e.currentTarget.value.trim() || undefined })}
            w={150}
          />
          <Select
            label="As it ran in"
            placeholder="its upstream"
            data={(environments.data?.environments ?? []).map((e) => e.name ?? '')}
            value={search.from === PAST ? null : (search.from ?? null)}
            onChange={(v) => change({ from: v ?? PAST })}
            clearable
            w={140}
          />
        </>
      )}
      {trains.length > 0 && (
        <Select label="As train" placeholder="on demand" data={trains} value={search.train ?? null} onChange={(v) => change({ train: v ?? undefined })} clearable w={140} />
      )}
      {!search.train && (
        <Select label="Only team" placeholder="All teams" data={teams.data ?? []} value={search.team ?? null} onChange={(v) => change({ team: v ?? undefined })} clearable searchable w={130} />
      )}
      {!search.train && (
        <TextInput
          label="Only applications"
          placeholder="all, or a, b, c"
          defaultValue={search.applications ?? ''}
          onChange={(e) => slow({ applications: e.currentTarget.value.trim() || undefined })}
          w={140}
        />
      )}
      <Checkbox size="xs" mb={6} label="All or nothing" checked={!!search.whole} onChange={(e) => change({ whole: e.currentTarget.checked || undefined })} />
    </>
  );
}
