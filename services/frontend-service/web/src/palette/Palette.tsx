import { Combobox, Modal, TextInput, UnstyledButton, useCombobox } from '@mantine/core';
import { useDebouncedValue, useDisclosure, useHotkeys } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { IconBolt, IconBox, IconLayoutGrid, IconSearch, IconServer2 } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { openDialog } from '../actions/dialogs';
import { applicationsQuery, environmentsQuery } from '../api/queries';
import { actionEntries, applicationEntries, type Entry, type EntryKind, environmentEntries, matching, pageEntries, recentEntries, remember, searchWord } from './entries';
import classes from './Palette.module.css';

const SECTIONS: [EntryKind, string, number][] = [
  ['application', 'Applications', 8],
  ['environment', 'Environments', 6],
  ['action', 'Actions', 8],
  ['page', 'Pages', 8],
];

const ICON = { application: IconBox, environment: IconServer2, action: IconBolt, page: IconLayoutGrid };

/** The field in the top bar that opens the palette, and the palette. */
export function PaletteButton() {
  const [opened, { open, close }] = useDisclosure(false);
  const onKey = () => {
    if (opened) close();
    else if (!document.querySelector('[aria-modal="true"]')) open(); // no dialog on a dialog
  };
  useHotkeys([['mod+K', onKey]], []);
  return (
    <>
      <UnstyledButton className={classes.button} onClick={open} aria-label="Find or run a command" aria-keyshortcuts="Control+K Meta+K">
        <IconSearch size={14} />
        <span className={classes.buttonText}>Find or run a command</span>
        <kbd className={classes.key}>Ctrl K</kbd>
      </UnstyledButton>
      <Modal opened={opened} onClose={close} withCloseButton={false} padding={0} size={560} yOffset="12vh" centered={false} title="Find or run a command" styles={{ header: { display: 'none' } }}>
        <Palette close={close} />
      </Modal>
    </>
  );
}

function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const router = useRouter();
  const sections = useSections(text.trim());
  const combobox = useCombobox({ opened: true, onDropdownClose: close }); // Esc closes the list: there is nothing below it
  const all = sections.flatMap((s) => s.entries);
  const ids = all.map((e) => e.id).join('\n');
  useEffect(() => {
    combobox.selectFirstOption();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the first one again whenever other entries are found; the store is new at every render
  }, [ids]);
  const choose = (id: string) => {
    const entry = all.find((e) => e.id === id);
    if (!entry) return;
    remember(entry);
    close();
    go(entry, router);
  };
  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal={false}>
      <Combobox.EventsTarget>
        <TextInput
          variant="unstyled"
          size="sm"
          className={classes.input}
          leftSection={<IconSearch size={16} />}
          placeholder="Application, environment, page, or what to do"
          aria-label="Find or run a command"
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          data-autofocus
        />
      </Combobox.EventsTarget>
      <Combobox.Options className={classes.options} aria-label="Found">
        {sections.map((s) => (
          <Combobox.Group key={s.title} label={s.title}>
            {s.entries.map((e) => (
              <Line key={e.id} entry={e} />
            ))}
          </Combobox.Group>
        ))}
        {all.length === 0 && <Combobox.Empty>Nothing is called &quot;{text.trim()}&quot;.</Combobox.Empty>}
      </Combobox.Options>
      <footer className={classes.foot}>
        <span>Arrows move</span>
        <span>Enter opens</span>
        <span>Esc closes</span>
      </footer>
    </Combobox>
  );
}

function Line({ entry }: { entry: Entry }) {
  const Icon = ICON[entry.kind];
  return (
    <Combobox.Option value={entry.id} className={classes.line}>
      <Icon size={14} aria-hidden="true" />
      <span className="ellipsis">{entry.label}</span>
      {entry.hint && <span className="small ink3 ellipsis">{entry.hint}</span>}
    </Combobox.Option>
  );
}

interface Section {
  title: string;
  entries: Entry[];
}

/** Without a text: what was chosen last, then pages and actions. With one: what matches, applications found by the server. */
function useSections(text: string): Section[] {
  const [search] = useDebouncedValue(searchWord(text), 150);
  const found = useQuery({ ...applicationsQuery(search, 8), placeholderData: keepPreviousData });
  const environments = useQuery(environmentsQuery).data;
  const router = useRouter();
  const applications = found.data?.applications ?? [];
  const list = environments?.environments ?? [];
  const entries = [
    ...(text ? applicationEntries(applications) : []),
    ...(text ? environmentEntries(list) : []),
    ...actionEntries(text ? applications : [], text ? list : [], text ? (environments?.groups ?? []) : []),
    ...pageEntries((path) => path in router.routesByPath),
  ];
  const matched = matching(entries, text);
  const sections = SECTIONS.map(([kind, title, most]) => ({ title, entries: matched.filter((e) => e.kind === kind).slice(0, most) }));
  const recent = text ? [] : recentEntries();
  const known = new Set(recent.map((e) => e.id));
  return [{ title: 'Recent', entries: recent }, ...sections.map((s) => ({ ...s, entries: s.entries.filter((e) => !known.has(e.id)) }))].filter((s) => s.entries.length > 0);
}

function go(entry: Entry, router: ReturnType<typeof useRouter>) {
  const { to } = entry;
  if ('dialog' in to) openDialog(to.dialog);
  else if ('application' in to) void router.navigate({ to: '/applications/$application', params: { application: to.application } });
  else if ('environment' in to) void router.navigate({ to: '/environments', search: { environment: to.environment } as never });
  else void router.navigate({ to: to.page });
}
