import { ActionIcon, Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { Conflict } from './Conflict';
import { Foresight, FromTo } from './Foresight';
import type { Foreseen } from './preview';
import { type Card, tray } from './store';
import classes from './Tray.module.css';

interface Props {
  card: Card;
  number: number;
  foreseen?: Foreseen;
  /** It is being carried out: nothing about it can be changed. */
  sent: boolean;
  /** The server refused the plan because of this card. */
  refused?: boolean;
}

/** One planned action: what, from where to where, its effect, and what stands in its way. */
export function CardView({ card, number, foreseen, sent, refused }: Props) {
  const { action, changedFrom } = card;
  const conflict = !!foreseen?.effect?.heldBy;
  return (
    <li className={classes.card} data-conflict={conflict || !!changedFrom || undefined} data-refused={refused || !!foreseen?.refused || undefined} aria-label={card.title}>
      <div className={classes.body}>
        <div className={classes.title}>
          <span className={classes.number} aria-hidden="true">
            {number}
          </span>
          <h3>{card.title}</h3>
          <ActionIcon variant="subtle" color="gray" size="sm" disabled={sent} onClick={() => tray.remove(card.id)} aria-label={`Take out: ${card.title}`}>
            <IconX size={14} />
          </ActionIcon>
        </div>
        <FromTo action={action} />
        <Foresight action={action} foreseen={foreseen} />
      </div>
      {changedFrom && (
        <div className={classes.changed} role="alert">
          <b>Changed since you planned it.</b>
          <span>Then: {changedFrom}</span>
          <div className="row">
            <Button variant="default" onClick={() => tray.looked(card.id)}>
              Keep it as it is now
            </Button>
          </div>
        </div>
      )}
      <Conflict action={action} heldBy={foreseen?.effect?.heldBy} change={(a) => tray.change(card.id, a)} leaveOut={() => tray.remove(card.id)} disabled={sent} />
    </li>
  );
}
