import { Autocomplete, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../api/client';
import { environmentsQuery } from '../api/queries';
import { fromField, type HistorySearch, PERIODS, type Period, toField } from './search';
import { ACTIONS } from './words';

type Change = (part: HistorySearch) => void;

/** An application by name; the server knows which there are. */
export function ApplicationField({ value, change }: { value?: string; change: (application?: string) => void }) {
  const [typed, setTyped] = useState(value ?? '');
  const [search] = useDebouncedValue(typed.trim(), 150);
  const found = useQuery({
    queryKey: ['applications', search],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/applications', { signal, params: { query: { search, pageSize: 20 } } })),
    placeholderData: keepPreviousData,
  });
  const names = (found.data?.applications ?? []).map((a) => a.name ?? '');
  const say = useDebouncedCallback((name: string) => change(name.trim() || undefined), 300);
  return (
    <Autocomplete
      size="xs"
      aria-label="Application"
      placeholder="Application"
      w={170}
      data={names}
      filter={({ options }) => options}
      value={typed}
      onChange={(v) => {
        setTyped(v);
        say(v);
      }}
    />
  );
}

/** An environment of the chain. */
export function EnvironmentField({ value, change, demanded }: { value?: string; change: (environment?: string) => void; demanded?: boolean }) {
  const environments = useQuery(environmentsQuery);
  const names = (environments.data?.environments ?? []).map((e) => e.name ?? '');
  return (
    <Select
      aria-label="Environment"
      placeholder={demanded ? 'Choose an environment' : 'Environment'}
      w={170}
      searchable
      clearable={!demanded}
      data={value && !names.includes(value) ? [...names, value] : names}
      value={value ?? null}
      onChange={(v) => change(v ?? undefined)}
    />
  );
}

/** A filter that is part of a text. */
export function TextField({ label, value, change, width = 150 }: { label: string; value?: string; change: (text?: string) => void; width?: number }) {
  const say = useDebouncedCallback((text: string) => change(text.trim() || undefined), 200);
  return <TextInput aria-label={label} placeholder={label} defaultValue={value ?? ''} onChange={(e) => say(e.currentTarget.value)} w={width} />;
}

/** A kind of commit. */
export function ActionField({ value, change }: { value?: string; change: (action?: string) => void }) {
  const data = Object.entries(ACTIONS).map(([action, label]) => ({ value: action, label }));
  return <Select aria-label="Action" placeholder="Action" w={170} searchable clearable data={data} value={value ?? null} onChange={(v) => change(v ?? undefined)} />;
}

const BETWEEN = 'between';

/** A stretch of time: one that ends now, or from a moment to another on the clocks of this browser. */
export function PeriodField({ search, change }: { search: HistorySearch; change: Change }) {
  const [between, setBetween] = useState(!!(search.since || search.until));
  const data = [...Object.entries(PERIODS).map(([value, label]) => ({ value, label })), { value: BETWEEN, label: 'From … until …' }];
  return (
    <>
      <Select
        aria-label="Period"
        placeholder="Any time"
        w={140}
        clearable
        data={data}
        value={search.period ?? (between ? BETWEEN : null)}
        onChange={(v) => {
          setBetween(v === BETWEEN);
          change({ period: v && v !== BETWEEN ? (v as Period) : undefined, since: undefined, until: undefined });
        }}
      />
      {between && (
        <>
          <MomentField label="From" value={search.since} change={(since) => change({ since })} />
          <MomentField label="Until" value={search.until} change={(until) => change({ until })} />
        </>
      )}
    </>
  );
}

/** A moment on the clocks of this browser. */
export function MomentField({ label, value, change }: { label: string; value?: string; change: (iso?: string) => void }) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <TextInput
      type="datetime-local"
      aria-label={`${label}, on the clocks of ${zone}`}
      title={`${label}, on the clocks of ${zone}`}
      leftSection={<span className="small ink3">{label}</span>}
      leftSectionWidth={44}
      defaultValue={toField(value)}
      onChange={(e) => change(fromField(e.currentTarget.value))}
      w={220}
    />
  );
}
