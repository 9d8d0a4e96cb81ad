import { Radio } from '@mantine/core';
import { IconBolt, IconLock } from '@tabler/icons-react';
import type { Action } from '../api/types';
import { breaksGlass } from './action';
import classes from './Tray.module.css';

interface Props {
  action: Action;
  /** What holds it back, in the server's words; unset when it is being ignored. */
  heldBy?: string;
  change: (action: Action) => void;
  /** Takes the action out of the plan; unset where there is no plan. */
  leaveOut?: () => void;
  disabled?: boolean;
}

/** Something holds the deployment back: the person says what becomes of it. Going through is never chosen beforehand. */
export function Conflict({ action, heldBy, change, leaveOut, disabled }: Props) {
  const glass = breaksGlass(action);
  if (!action.deploy || (!heldBy && !glass)) return null;
  const choose = (value: string) => {
    if (value === 'out') return leaveOut?.();
    change({ ...action, deploy: { ...action.deploy, lockBehavior: value === 'glass' ? 'LOCK_BEHAVIOR_IGNORE' : 'LOCK_BEHAVIOR_RECORD' } });
  };
  return (
    <div className={classes.conflict}>
      <Radio.Group
        label={
          <span className="row">
            {glass ? <IconBolt size={14} /> : <IconLock size={14} />} {glass ? 'Goes through what holds it' : `Held back by ${heldBy}`}
          </span>
        }
        size="xs"
        value={glass ? 'glass' : 'queue'}
        onChange={choose}
      >
        <Radio size="xs" mt={6} value="queue" disabled={disabled} label="Queue it" description="It waits. The next train, a deployment, or releasing the queue takes it." />
        <Radio size="xs" mt={6} value="glass" disabled={disabled} label="Break the glass" description="Deployed now, through locks and freezes. Needs a reason; stands in the history." />
        {leaveOut && <Radio size="xs" mt={6} value="out" disabled={disabled} label="Leave it out" description="Takes it out of the planned actions." />}
      </Radio.Group>
    </div>
  );
}
