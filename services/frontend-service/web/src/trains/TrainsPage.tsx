import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { IconTrain } from '@tabler/icons-react';
import { environmentsQuery } from '../api/queries';
import page from '../common/Page.module.css';
import { Page } from '../common/Page';
import { CalendarPanel } from './CalendarPanel';
import { PastRuns } from './PastRuns';
import { targetsOf } from './target';
import { TimetablePanel } from './TimetablePanel';

/** When trains depart, which trains there are, and what the last ones did. */
export function TrainsPage() {
  const { days = 14, target } = useSearch({ from: '/trains' });
  const navigate = useNavigate({ from: '/trains' });
  const environments = useQuery(environmentsQuery);
  const list = environments.data?.environments ?? [];
  const targets = targetsOf(list);
  const only = target ? list.filter((e) => e.name === target || e.environmentGroup === target).map((e) => e.name ?? '') : [];
  const bar = (
    <>
      <h1>Trains</h1>
      <Select
        aria-label="Target"
        placeholder="All targets"
        data={targets.map((t) => t.name).filter((name, i, all) => all.indexOf(name) === i)}
        value={target ?? null}
        onChange={(v) => void navigate({ search: (old) => ({ ...old, target: v ?? undefined }), replace: true })}
        clearable
        searchable
        w={180}
      />
      <span className="grow" />
      <span className="ink3 small">A train moves every application of its target to what its source runs.</span>
      <Select
        aria-label="Preview a train into"
        placeholder="Preview a train into…"
        leftSection={<IconTrain size={14} />}
        data={targets.map((t) => ({ value: `${t.group ? 'group' : 'environment'}:${t.name}`, label: t.group ? `${t.name}, group of ${t.environments}` : t.name }))}
        value={null}
        onChange={(v) => {
          const [kind, name] = v?.split(':') ?? [];
          if (name) void navigate({ to: '/trains/$target', params: { target: name }, search: { group: kind === 'group' } });
        }}
        searchable
        w={220}
      />
    </>
  );
  return (
    <Page bar={bar}>
      <div className={page.padded}>
        <CalendarPanel
          title={`Next departures${target ? ` to ${target}` : ''}`}
          days={days}
          only={only}
          setDays={(n) => void navigate({ search: (old) => ({ ...old, days: n === 4 ? 4 : undefined }), replace: true })}
        />
        <TimetablePanel target={target} />
        <PastRuns />
      </div>
    </Page>
  );
}
