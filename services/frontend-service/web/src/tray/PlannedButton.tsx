import { Button } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useTray } from './store';
import { show, useView } from './usePlan';

/** Opens and closes the tray, and says how much is in it. */
export function PlannedButton() {
  const { cards } = useTray();
  const { open } = useView();
  return (
    <Button variant="default" leftSection={<IconStack2 size={14} />} aria-expanded={open} onClick={() => show({ open: !open })}>
      Planned <span className="count" style={{ marginLeft: 6 }}>{cards.length}</span>
    </Button>
  );
}
