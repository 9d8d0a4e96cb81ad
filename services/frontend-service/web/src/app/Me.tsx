import { Button, Popover, TextInput, UnstyledButton } from '@mantine/core';
import { IconUser } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { actorProblem, iAm, useMe } from '../common/actor';
import { initials } from '../common/words';
import classes from './Me.module.css';

/** Who sits here: the name that stands in the history beside what is done. */
export function Me() {
  const me = useMe();
  const [open, setOpen] = useState(false);
  const says = me.name ? `You are ${me.name}` : 'Say who you are';
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={300} trapFocus shadow="md">
      <Popover.Target>
        <UnstyledButton className={classes.me} onClick={() => setOpen(!open)} aria-label={says} title={says}>
          {me.name ? initials(me) : <IconUser size={14} />}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>{open && <Form key={me.email} close={() => setOpen(false)} />}</Popover.Dropdown>
    </Popover>
  );
}

function Form({ close }: { close: () => void }) {
  const me = useMe();
  const [name, setName] = useState(me.name ?? '');
  const [email, setEmail] = useState(me.email ?? '');
  const problem = actorProblem({ name, email });
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (problem) return;
    iAm({ name: name.trim(), email: email.trim() });
    close();
  };
  return (
    <form onSubmit={save} className={classes.form} aria-label="Who you are">
      <p className="small ink2">Stands in the history beside what you do. Kept in this browser; empty means the server&apos;s default author.</p>
      <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} autoComplete="name" data-autofocus />
      <TextInput label="E-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} autoComplete="email" />
      <div className="row">
        <span className="grow small ink3">{problem}</span>
        <Button type="submit" disabled={!!problem}>
          Save
        </Button>
      </div>
    </form>
  );
}
