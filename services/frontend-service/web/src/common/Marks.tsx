// The marks of a cell: an icon each, with its word as its accessible name.
import { Tooltip } from '@mantine/core';
import {
  IconAlertOctagonFilled,
  IconArrowBarToRight,
  IconLock,
  IconPencil,
  IconPlayerPauseFilled,
  IconSnowflake,
  IconUserCheck,
  type IconProps,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Deployment } from '../api/types';
import { isBroken, isPending, lockSentence, newerThanUpstream, versionName } from './words';

/** What stands out about a deployment. */
export type MarkKind = 'broken' | 'lock' | 'hold' | 'approval' | 'edited' | 'newer' | 'frozen';

const LOOKS: Record<MarkKind, { icon: ComponentType<IconProps>; colour: string; word: string }> = {
  broken: { icon: IconAlertOctagonFilled, colour: 'var(--red)', word: 'Cannot be read' },
  lock: { icon: IconLock, colour: 'var(--violet)', word: 'Locked' },
  hold: { icon: IconPlayerPauseFilled, colour: 'var(--violet)', word: 'On hold' },
  approval: { icon: IconUserCheck, colour: 'var(--violet)', word: 'Needs approval' },
  edited: { icon: IconPencil, colour: 'var(--orange)', word: 'Edited by hand' },
  newer: { icon: DiamondIcon, colour: 'var(--orange)', word: 'Newer than upstream' },
  frozen: { icon: IconSnowflake, colour: 'var(--teal)', word: 'Frozen' },
};

interface Mark {
  key: MarkKind;
  says: string;
}

/** What stands out about a deployment, most important first. */
export function marksOf(d: Deployment, everyLock = false): Mark[] {
  const marks: Mark[] = [];
  // In the matrix what holds for a whole environment stands in its column's head, not in every cell.
  const locks = (d.locks ?? []).filter((l) => everyLock || l.scope === 'LOCK_SCOPE_APPLICATION' || l.scope === 'LOCK_SCOPE_TEAM');
  if (isBroken(d)) marks.push({ key: 'broken', says: d.reason ?? '' });
  if (locks.length) marks.push({ key: 'lock', says: locks.map(lockSentence).join('\n') });
  if (d.hold) marks.push({ key: 'hold', says: `On hold: ${d.holdReason || 'no reason given'}` });
  if (isPending(d)) marks.push({ key: 'approval', says: `${versionName(d.pendingVersion, d.pendingDisplayVersion)} needs approval` });
  if (d.editedByHand) marks.push({ key: 'edited', says: 'Edited by hand: the manifest in git is not the one of this release' });
  if (newerThanUpstream(d)) marks.push({ key: 'newer', says: 'Newer than upstream' });
  if (everyLock && d.frozen) marks.push({ key: 'frozen', says: d.frozenBecause || 'Frozen' });
  return marks;
}

/** The icon of a mark; its word is its accessible name unless the words stand beside it. */
export function MarkIcon({ kind, size = 14, quiet }: { kind: MarkKind; size?: number; quiet?: boolean }) {
  const { icon: Shape, colour, word } = LOOKS[kind];
  return quiet ? <Shape size={size} color={colour} aria-hidden="true" /> : <Shape size={size} color={colour} role="img" aria-label={word} />;
}

/** The words of a mark. */
export function markWord(kind: MarkKind): string {
  return LOOKS[kind].word;
}

/** At most three marks with what they say on hover, then how many more. */
export function Marks({ deployment, everyLock }: { deployment: Deployment; everyLock?: boolean }) {
  const marks = marksOf(deployment, everyLock);
  if (marks.length === 0) return null;
  return (
    <span style={{ display: 'inline-flex', gap: 3, alignItems: 'center' }}>
      {marks.slice(0, 3).map((m) => (
        <Tooltip key={m.key} label={<span style={{ whiteSpace: 'pre-line' }}>{m.says}</span>}>
          <span role="img" aria-label={m.says} style={{ display: 'inline-flex' }}>
            <MarkIcon kind={m.key} quiet />
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

/** A diamond with an exclamation mark: an order that is not the usual one. */
function DiamondIcon({ size = 16, color, ...rest }: IconProps) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke={color} strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" role={rest.role} aria-label={rest['aria-label']} aria-hidden={rest['aria-hidden']}>
      <path d="M8 1.5 14.5 8 8 14.5 1.5 8zM8 5v3.4M8 10.7v.1" />
    </svg>
  );
}
