import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentsQuery } from '../api/queries';
import { ActionDialog } from '../tray/ActionDialog';
import classes from './Dialogs.module.css';
import { queueRelease } from './make';

interface Props {
  application?: string;
  team?: string;
  environment?: string;
  close: () => void;
}

/** Deploys what waits and is not held back any more: of an application, a team, an environment, or all of it. */
export function QueueDialog({ close, ...known }: Props) {
  const names = (useQuery(environmentsQuery).data?.environments ?? []).map((e) => e.name ?? '');
  const [filter, setFilter] = useState({ application: known.application ?? '', team: known.team ?? '', environment: known.environment ?? '' });
  const set = (change: Partial<typeof filter>) => setFilter({ ...filter, ...change });
  const planned = queueRelease({ application: filter.application.trim() || undefined, team: filter.team.trim() || undefined, environment: filter.environment || undefined });
  return (
    <ActionDialog title="Release the queue" planned={planned} close={close}>
      <p className="ink2">Deploys the queued versions that nothing holds back any more. What is still held goes on waiting.</p>
      <div className={classes.thirds}>
        <TextInput label="Application" placeholder="all" value={filter.application} onChange={(e) => set({ application: e.currentTarget.value })} />
        <TextInput label="Team" placeholder="all" value={filter.team} onChange={(e) => set({ team: e.currentTarget.value })} />
        <Select label="Environment" placeholder="all" data={names} value={filter.environment || null} onChange={(v) => set({ environment: v ?? '' })} clearable />
      </div>
    </ActionDialog>
  );
}
