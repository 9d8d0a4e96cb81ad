import { Select, TextInput, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentsQuery } from '../api/queries';
import type { CreateLock, LockScope } from '../api/types';
import { useNow } from '../common/Ago';
import { ActionDialog } from '../tray/ActionDialog';
import { ApplicationSelect } from './ApplicationSelect';
import classes from './Dialogs.module.css';
import { EndFields, NEVER, readEnd } from './Ends';

interface Props {
  application?: string;
  environment?: string;
  environmentGroup?: string;
  team?: string;
  close: () => void;
}

const SCOPES: { value: LockScope; label: string }[] = [
  { value: 'LOCK_SCOPE_APPLICATION', label: 'An application in an environment' },
  { value: 'LOCK_SCOPE_TEAM', label: 'A team in an environment' },
  { value: 'LOCK_SCOPE_ENVIRONMENT', label: 'An environment' },
  { value: 'LOCK_SCOPE_ENVIRONMENT_GROUP', label: 'An environment group' },
];

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{1,98}$/;

/** Asks what to lock, why and until when. */
export function LockDialog({ application, environment, environmentGroup, team, close }: Props) {
  const environments = useQuery(environmentsQuery).data;
  const [scope, setScope] = useState<LockScope>(firstScope({ application, environmentGroup, team }));
  const [place, setPlace] = useState({ application: application ?? '', environment: environment ?? '', group: environmentGroup ?? '', team: team ?? '' });
  // What is not known yet is asked for first.
  const [placed] = useState(whatIsMissing(scope, place) === undefined || scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP');
  const [id, setId] = useState(() => `ui-${crypto.randomUUID().slice(0, 8)}`);
  const [message, setMessage] = useState('');
  const [end, setEnd] = useState(NEVER);
  const { problem, ...ends } = readEnd(end, useNow());
  const lock: CreateLock = { scope, id, message: message.trim(), ...ends, ...placeOfLock(scope, place) };
  const missing = whatIsMissing(scope, place) ?? (ID.test(id) ? undefined : 'A lock id is 2 to 99 letters, digits, dots, dashes.') ?? problem;
  const unsaid = lock.message ? undefined : 'Say why: the next person reads it at 2 a.m.';
  const on = placeWords(scope, place);
  const names = (environments?.environments ?? []).map((e) => e.name ?? '');
  const groups = (environments?.groups ?? []).map((g) => g.name ?? '');
  return (
    <ActionDialog
      title={on ? `Lock ${on}` : 'Create a lock'}
      planned={missing ? undefined : { title: `Lock ${on}`, action: { createLock: { ...lock, message: lock.message || '(no message yet)' } } }}
      missing={missing ?? unsaid}
      close={close}
      sayWhy
    >
      <div className={classes.fields}>
        <Select className={classes.wide} label="What to lock" data={SCOPES} value={scope} onChange={(v) => v && setScope(v as LockScope)} allowDeselect={false} />
        {scope === 'LOCK_SCOPE_APPLICATION' && <ApplicationSelect value={place.application} change={(a) => setPlace({ ...place, application: a })} />}
        {scope === 'LOCK_SCOPE_TEAM' && <TextInput label="Team" value={place.team} onChange={(e) => setPlace({ ...place, team: e.currentTarget.value.trim() })} />}
        {scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP' ? (
          <Select label="Environment group" data={groups} value={place.group || null} onChange={(v) => setPlace({ ...place, group: v ?? '' })} searchable />
        ) : (
          <Select label="Environment" data={names} value={place.environment || null} onChange={(v) => setPlace({ ...place, environment: v ?? '' })} searchable data-autofocus={placed ? undefined : true} />
        )}
      </div>
      <Textarea label="Message" description="Why; stands at the lock for everybody it holds back." value={message} onChange={(e) => setMessage(e.currentTarget.value)} autosize minRows={2} data-autofocus={placed || undefined} />
      <EndFields end={end} change={setEnd} />
      <TextInput label="Lock id" description="Locks of the same id in the same place replace each other." value={id} onChange={(e) => setId(e.currentTarget.value.trim())} />
    </ActionDialog>
  );
}

interface Place {
  application: string;
  environment: string;
  group: string;
  team: string;
}

function firstScope(known: { application?: string; environmentGroup?: string; team?: string }): LockScope {
  if (known.application) return 'LOCK_SCOPE_APPLICATION';
  if (known.team) return 'LOCK_SCOPE_TEAM';
  return known.environmentGroup ? 'LOCK_SCOPE_ENVIRONMENT_GROUP' : 'LOCK_SCOPE_ENVIRONMENT';
}

function placeOfLock(scope: LockScope, p: Place): Pick<CreateLock, 'application' | 'environment' | 'environmentGroup' | 'team'> {
  if (scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP') return { environmentGroup: p.group };
  const { environment } = p;
  if (scope === 'LOCK_SCOPE_APPLICATION') return { environment, application: p.application };
  return scope === 'LOCK_SCOPE_TEAM' ? { environment, team: p.team } : { environment };
}

function whatIsMissing(scope: LockScope, p: Place): string | undefined {
  if (scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP') return p.group ? undefined : 'Choose the environment group.';
  if (scope === 'LOCK_SCOPE_APPLICATION' && !p.application) return 'Choose the application.';
  if (scope === 'LOCK_SCOPE_TEAM' && !p.team) return 'Name the team.';
  return p.environment ? undefined : 'Choose the environment.';
}

function placeWords(scope: LockScope, p: Place): string {
  if (whatIsMissing(scope, p)) return '';
  if (scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP') return `group ${p.group}`;
  if (scope === 'LOCK_SCOPE_APPLICATION') return `${p.application} in ${p.environment}`;
  return scope === 'LOCK_SCOPE_TEAM' ? `team ${p.team} in ${p.environment}` : p.environment;
}
