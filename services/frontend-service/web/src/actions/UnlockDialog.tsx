import { deleteLock } from '../api/commands';
import type { Lock } from '../api/types';
import { lockScope, lockSentence } from '../common/words';
import { Dialog } from './Dialog';

/** Ends a lock, after saying what that does and what it does not. */
export function UnlockDialog({ lock, close }: { lock: Lock; close: () => void }) {
  const { scope, id, environment, environmentGroup, application, team } = lock;
  return (
    <Dialog
      title={`Delete lock ${id} on ${lockScope(lock)}`}
      verb={`Delete lock ${id}`}
      danger
      act={() => deleteLock({ scope, id, environment, environmentGroup, application, team }, {})}
      close={close}
    >
      <p>{lockSentence(lock)}</p>
      <p className="ink2">
        {lock.holdsBack ? `It holds back ${lock.holdsBack} queued versions. ` : ''}
        Deleting it deploys nothing by itself: a queued version goes with the next train or deployment.
      </p>
    </Dialog>
  );
}
