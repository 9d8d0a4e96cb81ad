import { Select, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { teamsQuery } from '../api/line';
import { environmentsQuery } from '../api/queries';
import { ActionDialog } from '../tray/ActionDialog';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Names what runs in an environment now. */
export function NewSet({ close }: { close: () => void }) {
  const environments = useQuery(environmentsQuery);
  const teams = useQuery(teamsQuery);
  const [name, setName] = useState('');
  const [environment, setEnvironment] = useState<string | null>(null);
  const [team, setTeam] = useState<string | null>(null);
  const [message, setMessage] = useState('');
  const wrong = name !== '' && (!NAME.test(name) || name.length > 63) ? 'Lower-case letters, digits and single dashes between them, at most 63' : undefined;
  const missing = !name ? 'Give it a name.' : wrong ? 'The name does not fit.' : !environment ? 'Say which environment runs what it names.' : undefined;
  return (
    <ActionDialog
      title="New release set"
      missing={missing}
      planned={missing ? undefined : { action: { createReleaseSet: { name, environment: environment ?? '', message: message.trim(), team: team ?? '' } }, title: `Create release set ${name}` }}
      sayWhy
      close={close}
    >
      <p className="ink2">It names the versions that the environment runs now. Nothing is deployed; what runs later does not change it.</p>
      <TextInput label="Name" value={name} error={wrong} onChange={(e) => setName(e.currentTarget.value.trim())} data-autofocus />
      <Select label="Environment" data={(environments.data?.environments ?? []).map((e) => e.name ?? '')} value={environment} onChange={setEnvironment} searchable />
      <Select label="Only applications of team" placeholder="all teams" data={teams.data ?? []} value={team} onChange={setTeam} clearable searchable />
      <Textarea label="What for" value={message} onChange={(e) => setMessage(e.currentTarget.value)} maxLength={1000} autosize minRows={2} />
    </ActionDialog>
  );
}
