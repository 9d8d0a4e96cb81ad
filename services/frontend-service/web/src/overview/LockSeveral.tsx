import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { type PlannedAction, usePlan } from '../tray';
import type { CellRef } from './cellActions';

interface Props {
  cells: CellRef[];
  toAction: (cell: CellRef, message: string) => PlannedAction;
  close: () => void;
}

/** Asks once why, and plans a lock on each cell. */
export function LockSeveral({ cells, toAction, close }: Props) {
  const { plan } = usePlan();
  const [message, setMessage] = useState('');
  const submit = () => {
    for (const cell of cells) plan(toAction(cell, message.trim()));
    close();
  };
  return (
    <Modal opened onClose={close} title={`Lock ${cells.length} cells`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <p className="ink2">{cells.map((c) => `${c.application} in ${c.environment}`).join(', ')}</p>
      <Textarea mt={12} label="Message" description="Stands with each lock: the next person reads it at 2 a.m." value={message} onChange={(e) => setMessage(e.currentTarget.value)} autosize minRows={2} data-autofocus />
      <Group mt={16} justify="flex-end">
        {!message.trim() && <span className="small ink3">A lock says why it is there.</span>}
        <Button variant="default" onClick={close}>
          Lock nothing
        </Button>
        <Button disabled={!message.trim()} onClick={submit}>
          Plan {cells.length} locks
        </Button>
      </Group>
    </Modal>
  );
}
