import { ActionIcon } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Aside.module.css';

interface Props {
  title: ReactNode;
  /** What the panel is about, for screen readers. */
  label: string;
  close: () => void;
  wide?: boolean;
  foot?: ReactNode;
  children: ReactNode;
}

/** The right side of a page: what is chosen, and what happens if one acts on it. A drawer where there is no room beside the page. */
export function Aside({ title, label, close, wide, foot, children }: Props) {
  useHotkeys([['Escape', close]]);
  return (
    <aside className={`${classes.aside} ${wide ? classes.wide : ''}`} aria-label={label}>
      <header className={classes.head}>
        {title}
        <span className="grow" />
        <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      <div className={classes.body}>{children}</div>
      {foot && <footer className={classes.foot}>{foot}</footer>}
    </aside>
  );
}
