// Dialogs to fill in, opened from anywhere: a page, a key, the command palette.
import { useSyncExternalStore } from 'react';

/** Which dialog, and what is known already. What is left out is asked for. */
export type DialogRequest =
  | { what: 'deploy'; application?: string; environment?: string; version?: string }
  | { what: 'lock'; application?: string; environment?: string; environmentGroup?: string; team?: string }
  | { what: 'stop' }
  | { what: 'train'; target?: string; group?: boolean; releaseSet?: string }
  | { what: 'hold'; application: string; environment: string }
  | { what: 'releaseQueue'; application?: string; team?: string; environment?: string };

let current: DialogRequest | undefined;
const listeners = new Set<() => void>();

/** Opens a dialog; without a request closes the one that is open. */
export function openDialog(request?: DialogRequest) {
  current = request;
  for (const listener of listeners) listener();
}

export function useDialog(): DialogRequest | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
