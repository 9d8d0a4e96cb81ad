import { Button } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { counted } from '../common/count';
import { useTray } from './store';
import classes from './Tray.module.css';
import { show, useView } from './usePlan';

/** Opens and closes the tray, and says how much is in it. */
export function PlannedButton() {
  const { cards } = useTray();
  const { open } = useView();
  return (
    <Button variant="default" className={classes.planned} aria-expanded={open} aria-label={`Planned, ${counted(cards.length, 'action')}`} onClick={() => show({ open: !open })}>
      <IconStack2 size={14} />
      <span className={classes.plannedWord}>Planned</span>
      <span className="count">{cards.length}</span>
    </Button>
  );
}
