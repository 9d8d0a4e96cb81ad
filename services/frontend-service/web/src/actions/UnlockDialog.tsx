import type { Lock } from '../api/types';
import { ActionDialog } from '../tray/ActionDialog';
import { unlocking } from './make';

/** Ends a lock, after saying what that does and what it does not. */
export function UnlockDialog({ lock, close }: { lock: Lock; close: () => void }) {
  const planned = unlocking(lock);
  return <ActionDialog title={planned.title} planned={planned} close={close} />;
}
