import { Checkbox, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentsQuery, releaseSetsQuery } from '../api/queries';
import type { RunTrain } from '../api/types';
import type { PlannedAction } from '../tray/action';
import { ActionDialog } from '../tray/ActionDialog';
import classes from './Dialogs.module.css';
import { TrainTable } from './TrainTable';

interface Props {
  target?: string;
  group?: boolean;
  releaseSet?: string;
  close: () => void;
}

type Source = 'upstream' | 'set' | 'revision';

const SOURCES: { value: Source; label: string }[] = [
  { value: 'upstream', label: 'What the upstream runs now' },
  { value: 'set', label: 'A release set' },
  { value: 'revision', label: 'What ran at a past commit or tag' },
];

/** Asks where a train goes, whom it takes and where the versions come from; shows what it would move, queue and skip. */
export function TrainDialog({ close, ...known }: Props) {
  const environments = useQuery(environmentsQuery).data;
  const sets = useQuery(releaseSetsQuery).data?.releaseSets ?? [];
  const [to, setTo] = useState(known.target ? `${known.group ? 'group' : 'environment'}:${known.target}` : '');
  const [source, setSource] = useState<Source>(known.releaseSet ? 'set' : 'upstream');
  const [fields, setFields] = useState({ team: '', applications: '', set: known.releaseSet ?? '', revision: '', from: '' });
  const [whole, setWhole] = useState(!!known.releaseSet);
  const [typed] = useDebouncedValue(fields, 300);
  const set = (change: Partial<typeof fields>) => setFields({ ...fields, ...change });
  const names = (environments?.environments ?? []).map((e) => e.name ?? '');
  const targets = [
    { group: 'Groups', items: (environments?.groups ?? []).filter((g) => (g.environments ?? []).length > 1).map((g) => ({ value: `group:${g.name}`, label: `${g.name}, ${(g.environments ?? []).length} environments` })) },
    { group: 'Environments', items: names.map((name) => ({ value: `environment:${name}`, label: name })) },
  ];
  const missing = !to ? 'Choose where the train goes.' : source === 'set' && !fields.set ? 'Choose the release set.' : source === 'revision' && !fields.revision ? 'Name the commit or the tag.' : undefined;
  const planned = missing ? undefined : trainTo(to, source, typed, whole);
  return (
    <ActionDialog title={known.target ? `Run a release train to ${known.target}` : 'Run a release train'} planned={planned} missing={missing} close={close} size={720}>
      <div className={classes.fields}>
        <Select label="To" data={targets} value={to || null} onChange={(v) => setTo(v ?? '')} searchable />
        <Select label="Versions from" data={SOURCES} value={source} onChange={(v) => v && setSource(v as Source)} allowDeselect={false} />
        {source === 'set' && <Select label="Release set" data={sets.map((s) => s.name ?? '')} value={fields.set || null} onChange={(v) => set({ set: v ?? '' })} searchable nothingFoundMessage="No release set" />}
        {source === 'revision' && <TextInput label="Commit or tag of the manifest repo" value={fields.revision} onChange={(e) => set({ revision: e.currentTarget.value.trim() })} />}
        {source === 'revision' && (
          <Select label="As it ran in" placeholder="the upstream" data={names} value={fields.from || null} onChange={(v) => set({ from: v ?? '' })} clearable searchable />
        )}
        <TextInput label="Only team" placeholder="all teams" value={fields.team} onChange={(e) => set({ team: e.currentTarget.value })} />
        <TextInput label="Only applications" placeholder="all, or names with commas" value={fields.applications} onChange={(e) => set({ applications: e.currentTarget.value })} />
      </div>
      <Checkbox size="xs" label="All or nothing: refuse unless every application that is to move can go" checked={whole} onChange={(e) => setWhole(e.currentTarget.checked)} />
      {planned?.action.runTrain && <TrainTable train={planned.action.runTrain} />}
    </ActionDialog>
  );
}

/** Reads the fields. */
export function trainTo(to: string, source: Source, f: { team: string; applications: string; set: string; revision: string; from: string }, whole: boolean): PlannedAction {
  const [kind, target = ''] = [to.slice(0, to.indexOf(':')), to.slice(to.indexOf(':') + 1)];
  const train: RunTrain = { target, targetType: kind === 'group' ? 'TRAIN_TARGET_ENVIRONMENT_GROUP' : 'TRAIN_TARGET_ENVIRONMENT' };
  const applications = f.applications.split(/[\s,]+/).filter(Boolean);
  if (f.team.trim()) train.team = f.team.trim();
  if (applications.length) train.applications = applications;
  if (whole) train.whole = true;
  if (source === 'set') train.source = { releaseSet: f.set };
  if (source === 'revision') train.source = f.from ? { revision: f.revision, environment: f.from } : { revision: f.revision };
  return { title: `Run a train to ${target}`, action: { runTrain: train } };
}
