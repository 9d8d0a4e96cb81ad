import { Menu, MultiSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconCheck, IconChevronDown, IconSearch } from '@tabler/icons-react';
import { memo, type Ref, useEffect, useState } from 'react';
import type { Only } from '../api/overview';
import type { Environment, Overview, OverviewCounts } from '../api/types';
import classes from './Page.module.css';
import { joined, list, ONLY, type OverviewSearch, toggled } from './search';

/** How many conditions have a button of their own. */
const BUTTONS = 4;

const COUNT: Record<Only, keyof OverviewCounts> = {
  differs: 'differsFromUpstream',
  locked: 'locked',
  queued: 'queued',
  stuck: 'stuck',
  held: 'held',
  approval: 'pendingApproval',
  frozen: 'frozen',
  newer: 'newerThanUpstream',
};

interface Props {
  search: OverviewSearch;
  overview?: Overview;
  /** All environments, whatever the filter shows. */
  environments: Environment[];
  change: (part: OverviewSearch) => void;
  input: Ref<HTMLInputElement>;
}

/** Which applications and environments the matrix shows. */
export const Toolbar = memo(function Toolbar({ search, overview, environments, change, input }: Props) {
  const chosen = list(search.only);
  const count = (only: Only) => (overview?.counts?.[COUNT[only]] as number | undefined) ?? 0;
  const toggle = (only: Only) => change({ only: toggled(search.only, only) });
  return (
    <div className={classes.bar} role="search" aria-label="Filter the matrix">
      <Find value={search.q} change={(q) => change({ q })} input={input} />
      <Choice what="Team" several="teams" names={overview?.teams ?? []} value={search.team} change={(team) => change({ team })} />
      <Choice what="Environment" several="environments" names={environments.map((e) => e.name ?? '')} value={search.env} change={(env) => change({ env })} />
      <div className={classes.chips} role="group" aria-label="Only applications that somewhere">
        {ONLY.slice(0, BUTTONS).map(({ only, words }) => (
          <button key={only} type="button" className={classes.toggle} aria-pressed={chosen.includes(only)} onClick={() => toggle(only)}>
            {words} <span className="count">{count(only).toLocaleString()}</span>
          </button>
        ))}
        <More chosen={chosen} count={count} toggle={toggle} />
      </div>
      <span className="grow" />
      <SegmentedControl
        size="xs"
        value={search.tight ? 'tight' : 'roomy'}
        onChange={(v) => change({ tight: v === 'tight' ? true : undefined })}
        data={[
          { value: 'roomy', label: 'Roomy' },
          { value: 'tight', label: 'Tight' },
        ]}
        aria-label="Row height"
        style={{ flex: 'none' }}
      />
    </div>
  );
});

/** The search, 150 ms behind the keys. A change of the URL from elsewhere (back, a link) shows in the field. */
function Find({ value, change, input }: { value?: string; change: (q?: string) => void; input: Ref<HTMLInputElement> }) {
  const [typed, setTyped] = useState(value ?? '');
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    if ((value ?? '') !== typed.trim()) setTyped(value ?? '');
  }
  const later = useDebouncedCallback((q: string) => change(q.trim() || undefined), 150);
  useEffect(() => later.cancel, [later]);
  return (
    <TextInput
      ref={input}
      value={typed}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        later(e.currentTarget.value);
      }}
      onKeyDown={(e) => {
        if (e.key !== 'Escape') return;
        if (!typed) e.currentTarget.blur();
        setTyped('');
        later.cancel();
        change(undefined);
      }}
      placeholder="Filter applications"
      aria-label="Filter applications"
      leftSection={<IconSearch size={14} />}
      rightSection={<kbd aria-hidden="true">/</kbd>}
      w={196}
      style={{ flex: 'none' }}
    />
  );
}

interface MoreProps {
  chosen: string[];
  count: (only: Only) => number;
  toggle: (only: Only) => void;
}

/** The conditions that are asked for less often. The button says which of them are chosen. */
function More({ chosen, count, toggle }: MoreProps) {
  const rest = ONLY.slice(BUTTONS);
  const on = rest.filter((r) => chosen.includes(r.only));
  const some = rest.reduce((sum, r) => sum + count(r.only), 0);
  return (
    <Menu closeOnItemClick={false} position="bottom-start" width={240}>
      <Menu.Target>
        <button type="button" className={classes.toggle} aria-pressed={on.length > 0}>
          {on.length ? on.map((o) => o.words).join(', ') : 'More states'} {on.length === 0 && some > 0 && <span className="count">{some.toLocaleString()}</span>}
          <IconChevronDown size={12} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {rest.map(({ only, words }) => (
          <Menu.Item
            key={only}
            role="menuitemcheckbox"
            aria-checked={chosen.includes(only)}
            leftSection={<IconCheck size={14} visibility={chosen.includes(only) ? 'visible' : 'hidden'} aria-hidden="true" />}
            rightSection={<span className="count">{count(only).toLocaleString()}</span>}
            onClick={() => toggle(only)}
          >
            {words}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface ChoiceProps {
  what: string;
  several: string;
  names: string[];
  value?: string;
  change: (value?: string) => void;
}

/** Some of many names; the field says how many, the list which. */
function Choice({ what, several, names, value, change }: ChoiceProps) {
  const chosen = list(value);
  const all = [...new Set([...names, ...chosen])];
  const [open, setOpen] = useState(false);
  const said = chosen.length === 0 ? `${what}: any` : chosen.length === 1 ? `${what}: ${chosen[0]}` : `${chosen.length} ${several}`;
  return (
    <MultiSelect
      value={chosen}
      onChange={(names) => change(joined(names))}
      data={all}
      placeholder={open ? 'Find' : said}
      aria-label={`${what}${chosen.length ? `: ${chosen.join(', ')}` : ''}`}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      searchable
      clearable
      hidePickedOptions={false}
      maxDropdownHeight={320}
      comboboxProps={{ width: 240, position: 'bottom-start' }}
      classNames={{ pill: 'hidden', pillsList: classes.choice }}
      data-set={chosen.length > 0 || undefined}
      w={150}
      style={{ flex: 'none' }}
    />
  );
}
