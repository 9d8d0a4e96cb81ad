import { TextInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Application } from '../api/types';
import { ActionDialog } from '../tray/ActionDialog';
import { parseLabels, settingsAction, settingsOf } from './actions';

/** Who owns the application, where its source is, and its labels. */
export function Settings({ application, close }: { application: Application; close: () => void }) {
  const [form, setForm] = useState(() => settingsOf(application));
  const set = (part: Partial<typeof form>) => setForm((old) => ({ ...old, ...part }));
  const { wrong } = parseLabels(form.labels);
  const planned = settingsAction(application, form);
  return (
    <ActionDialog
      title={`Settings of ${application.name}`}
      planned={planned}
      missing={wrong ? `"${wrong}" is no label.` : planned ? undefined : 'Nothing has changed.'}
      close={close}
    >
      <TextInput label="Team" value={form.team} onChange={(e) => set({ team: e.currentTarget.value })} data-autofocus />
      <TextInput label="Source repository" value={form.sourceRepoUrl} onChange={(e) => set({ sourceRepoUrl: e.currentTarget.value })} placeholder="https://" />
      <TextInput label="Project" value={form.project} onChange={(e) => set({ project: e.currentTarget.value })} />
      <Textarea
        label="Labels"
        description="One name=value a line. Trains can be limited to them."
        value={form.labels}
        onChange={(e) => set({ labels: e.currentTarget.value })}
        error={wrong && 'Write name=value'}
        autosize
        minRows={2}
      />
    </ActionDialog>
  );
}
