import { Select, TextInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import { createLock } from '../api/commands';
import type { Environment, LockScope } from '../api/types';
import { Dialog } from './Dialog';

interface Props {
  application?: string;
  environment: string;
  environments: Environment[];
  close: () => void;
}

/** Asks what to lock and why, and locks it. */
export function LockDialog({ application, environment, environments, close }: Props) {
  const group = environments.find((e) => e.name === environment)?.environmentGroup ?? environment;
  const scopes: { value: LockScope; label: string }[] = [
    ...(application ? [{ value: 'LOCK_SCOPE_APPLICATION' as const, label: `${application} in ${environment}` }] : []),
    { value: 'LOCK_SCOPE_ENVIRONMENT', label: `All applications in ${environment}` },
    { value: 'LOCK_SCOPE_ENVIRONMENT_GROUP', label: `All environments of group ${group}` },
  ];
  const [scope, setScope] = useState<LockScope>(scopes[0]?.value ?? 'LOCK_SCOPE_ENVIRONMENT');
  const [id, setId] = useState(() => `ui-${crypto.randomUUID().slice(0, 8)}`);
  const [message, setMessage] = useState('');
  const body = {
    scope,
    id,
    message: message.trim(),
    environment: scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP' ? undefined : environment,
    environmentGroup: scope === 'LOCK_SCOPE_ENVIRONMENT_GROUP' ? group : undefined,
    application: scope === 'LOCK_SCOPE_APPLICATION' ? application : undefined,
  };
  return (
    <Dialog
      title={application ? `Lock ${application} in ${environment}` : `Lock ${environment}`}
      verb={`Create lock ${id}`}
      missing={message.trim() ? undefined : 'Say why: the next person reads it at 2 a.m.'}
      act={() => createLock(body, {})}
      close={close}
    >
      <Select label="What to lock" data={scopes} value={scope} onChange={(v) => v && setScope(v as LockScope)} allowDeselect={false} />
      <Textarea label="Message" value={message} onChange={(e) => setMessage(e.currentTarget.value)} autosize minRows={2} data-autofocus />
      <TextInput label="Lock id" value={id} onChange={(e) => setId(e.currentTarget.value)} />
      <p className="ink2">New versions are queued here until the lock is deleted. What runs now keeps running.</p>
    </Dialog>
  );
}
