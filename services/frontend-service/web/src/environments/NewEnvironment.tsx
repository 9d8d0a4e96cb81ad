import { Button, Modal, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Asks for a name; its config is written on the next page, and nothing exists until that is saved. */
export function NewEnvironment({ taken, close }: { taken: string[]; close: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const wrong =
    name !== '' && (!NAME.test(name) || name.length > 20)
      ? 'Lower-case letters, digits and single dashes between them, at most 20'
      : taken.includes(name)
        ? 'This environment exists: edit its config instead'
        : undefined;
  return (
    <Modal opened onClose={close} title={<b>New environment</b>} size={420}>
      <form
        style={{ display: 'grid', gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          if (name && !wrong) void navigate({ to: '/environments/$name/config', params: { name } });
        }}
      >
        <TextInput label="Name" value={name} error={wrong} onChange={(e) => setName(e.currentTarget.value.trim())} data-autofocus />
        <div className="row">
          <span className="grow small ink3">It exists once its config is saved.</span>
          <Button type="submit" disabled={!name || !!wrong}>
            Write its config
          </Button>
        </div>
      </form>
    </Modal>
  );
}
