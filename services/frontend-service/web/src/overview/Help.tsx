import { Modal, Switch } from '@mantine/core';
import classes from './Help.module.css';

const KEYS: [string[], string, single?: boolean][] = [
  [['↑', '↓', '←', '→'], 'Move to the next cell; with Ctrl to the first or last'],
  [['Home', 'End'], 'To the application’s name, or the last environment'],
  [['Page up', 'Page down'], 'A page of rows'],
  [['Enter'], 'Open the cell in the side panel, or unfold a folded group'],
  [['Space'], 'Open or close the lane of releases'],
  [['Esc'], 'Close what is open, topmost first'],
  [['Ctrl K'], 'Find or run a command'],
  [['/'], 'Filter applications', true],
  [['['], 'Previous cell that differs from its upstream', true],
  [[']'], 'Next cell that differs from its upstream', true],
  [['D'], 'Plan to deploy what upstream runs', true],
  [['L'], 'Lock', true],
  [['R'], 'Plan to roll back to what ran before', true],
  [['X'], 'Choose the cell for an action on several; with Shift all from the last one to here', true],
  [['?'], 'This list', true],
];

/** Lists all keys of the overview, and lets people switch off those that act by themselves. */
export function Help({ keys, setKeys, close }: { keys: boolean; setKeys: (on: boolean) => void; close: () => void }) {
  return (
    <Modal opened onClose={close} title="Keys" size={480} closeButtonProps={{ 'aria-label': 'Close' }}>
      <dl className={classes.keys}>
        {KEYS.map(([names, does, single]) => (
          <div key={does} data-off={(single && !keys) || undefined}>
            <dt>
              {names.map((n) => (
                <kbd key={n}>{n}</kbd>
              ))}
            </dt>
            <dd>
              {does}
              {single && !keys && ' (off)'}
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        mt={16}
        checked={keys}
        onChange={(e) => setKeys(e.currentTarget.checked)}
        label="Single keys"
        description="Off: letters and signs do nothing by themselves, as dictation needs it. Arrows, Enter, Space and Esc always work."
      />
    </Modal>
  );
}
