import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { useNow } from '../common/Ago';
import { ActionDialog } from '../tray/ActionDialog';
import { EndFields, NEVER, readEnd } from './Ends';

/** Stops the whole line. */
export function StopDialog({ close }: { close: () => void }) {
  const [message, setMessage] = useState('');
  const [end, setEnd] = useState(NEVER);
  const { problem, ...ends } = readEnd(end, useNow());
  const said = message.trim();
  return (
    <ActionDialog
      title="Stop the whole line"
      planned={problem ? undefined : { title: 'Stop the whole line', action: { createLock: { scope: 'LOCK_SCOPE_GLOBAL', id: 'stop', message: said || '(no message yet)', ...ends } } }}
      missing={problem ?? (said ? undefined : 'Say why: it stands on every page until the stop ends.')}
      close={close}
      sayWhy
    >
      <p className="ink2">Releases, trains and deployments to every environment are queued until somebody ends the stop. What runs keeps running.</p>
      <Textarea label="Message" value={message} onChange={(e) => setMessage(e.currentTarget.value)} autosize minRows={2} data-autofocus />
      <EndFields end={end} change={setEnd} />
    </ActionDialog>
  );
}
