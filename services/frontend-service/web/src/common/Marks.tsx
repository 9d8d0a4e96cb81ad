// The marks of a cell: an icon each, with its word in the tooltip and as its accessible name.
import { Tooltip } from '@mantine/core';
import { IconArrowBarToRight, IconDiamond, IconLock, IconPencil, IconPlayerPause } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Deployment } from '../api/types';
import { lockSentence, newerThanUpstream } from './words';

interface Mark {
  key: string;
  icon: ReactNode;
  says: string;
}

/** What stands out about a deployment, most important first. */
export function marksOf(d: Deployment, everyLock = false): Mark[] {
  const marks: Mark[] = [];
  // In the matrix a lock on the whole environment stands in its column's head, not in every cell.
  const locks = (d.locks ?? []).filter((l) => everyLock || l.scope === 'LOCK_SCOPE_APPLICATION' || l.scope === 'LOCK_SCOPE_TEAM');
  if (locks.length)
    marks.push({ key: 'lock', icon: <IconLock size={14} color="var(--violet)" />, says: locks.map(lockSentence).join('\n') });
  if (d.hold)
    marks.push({ key: 'hold', icon: <IconPlayerPause size={14} color="var(--violet)" />, says: `On hold: ${d.holdReason || 'no reason given'}` });
  if (d.editedByHand)
    marks.push({ key: 'edited', icon: <IconPencil size={14} color="var(--orange)" />, says: 'Edited by hand: the manifest in git is not the one of this release' });
  if (newerThanUpstream(d))
    marks.push({ key: 'newer', icon: <IconDiamond size={14} color="var(--orange)" />, says: 'Newer than upstream' });
  return marks;
}

/** At most three marks, then how many more. */
export function Marks({ deployment, everyLock }: { deployment: Deployment; everyLock?: boolean }) {
  const marks = marksOf(deployment, everyLock);
  if (marks.length === 0) return null;
  return (
    <span style={{ display: 'inline-flex', gap: 3, alignItems: 'center' }}>
      {marks.slice(0, 3).map((m) => (
        <Tooltip key={m.key} label={<span style={{ whiteSpace: 'pre-line' }}>{m.says}</span>}>
          <span role="img" aria-label={m.says} style={{ display: 'inline-flex' }}>
            {m.icon}
          </span>
        </Tooltip>
      ))}
      {marks.length > 3 && <span className="small ink3">+{marks.length - 3}</span>}
    </span>
  );
}

/** The arrow of a version that waits. */
export function QueuedIcon() {
  return <IconArrowBarToRight size={12} aria-hidden="true" />;
}
