import { ActionDialog } from '../tray/ActionDialog';
import { DeployDialog } from './DeployDialog';
import { type DialogRequest, openDialog, useDialog } from './dialogs';
import { LockDialog } from './LockDialog';
import { holding } from './make';
import { QueueDialog } from './QueueDialog';
import { StopDialog } from './StopDialog';
import { TrainDialog } from './TrainDialog';

/** Shows the dialog that somebody asked for. */
export function DialogHost() {
  const request = useDialog();
  if (!request) return null;
  return <Asked key={JSON.stringify(request)} request={request} close={() => openDialog(undefined)} />;
}

function Asked({ request, close }: { request: DialogRequest; close: () => void }) {
  switch (request.what) {
    case 'deploy':
      return <DeployDialog {...request} close={close} />;
    case 'lock':
      return <LockDialog {...request} close={close} />;
    case 'stop':
      return <StopDialog close={close} />;
    case 'train':
      return <TrainDialog {...request} close={close} />;
    case 'releaseQueue':
      return <QueueDialog {...request} close={close} />;
    case 'hold': {
      const planned = holding(request.application, request.environment);
      return <ActionDialog title={planned.title} planned={planned} close={close} />;
    }
  }
}
