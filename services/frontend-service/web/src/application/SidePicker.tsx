import { Button, Combobox, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application } from '../api/types';
import { releaseName, runs, versionName } from '../common/words';
import { releaseQuery } from '../api/queries';
import { releaseWindowQuery } from './queries';
import classes from './Releases.module.css';
import { environmentOf, runsIn, versionOf } from './sides';

interface Props {
  letter: 'A' | 'B';
  application: Application;
  side: string;
  choose: (side: string) => void;
}

/** Chooses one side of a comparison: what runs in an environment, or any release, found by the server. */
export function SidePicker({ letter, application, side, choose }: Props) {
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption(), onDropdownOpen: () => box.focusSearchInput() });
  const [search, setSearch] = useState('');
  const [asked] = useDebouncedValue(search.trim(), 150);
  const name = application.name ?? '';
  const deployments = application.deployments ?? [];
  const version = versionOf(side, deployments);
  const release = useQuery(releaseQuery(name, version));
  const found = useQuery({ ...releaseWindowQuery(name, asked, 0), enabled: box.dropdownOpened, placeholderData: (old) => old });
  const where = environmentOf(side);
  const label = version === '0' ? 'nothing' : release.data ? releaseName(release.data) : version;
  const places = deployments.filter((d) => runs(d) && (d.environment ?? '').includes(search.trim()));
  return (
    <Combobox store={box} onOptionSubmit={(v) => (choose(v), setSearch(''), box.closeDropdown())} width={320} position="bottom-start">
      <Combobox.Target targetType="button">
        <Button
          variant="default"
          onClick={() => box.toggleDropdown()}
          rightSection={<IconChevronDown size={14} />}
          aria-label={`${letter === 'A' ? 'Compare from' : 'Compare to'} ${label}${where ? ` in ${where}` : ''}`}
        >
          <span className={classes.side} style={{ marginRight: 6 }}>
            {letter}
          </span>
          <span className="mono">{label}</span>
          {where && <span className="ellipsis" style={{ marginLeft: 6, maxWidth: 150 }}>runs in {where}</span>}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search value={search} onChange={(e) => setSearch(e.currentTarget.value)} placeholder="Version, commit, author, environment" aria-label="Find a release" />
        <Combobox.Options mah={320} style={{ overflowY: 'auto' }}>
          {places.length > 0 && (
            <Combobox.Group label="What runs now">
              {places.map((d) => (
                <Combobox.Option key={d.environment} value={runsIn(d.environment ?? '')}>
                  <b className="mono">{versionName(d.version, d.displayVersion)}</b> runs in {d.environment}
                </Combobox.Option>
              ))}
            </Combobox.Group>
          )}
          <Combobox.Group label={`Releases${found.data?.total ? `, ${found.data.total.toLocaleString('en')}` : ''}`}>
            {(found.data?.releases ?? []).map((r) => (
              <Combobox.Option key={r.version} value={r.version ?? ''}>
                <span className="row">
                  <b className="mono">{releaseName(r)}</b>
                  <span className="ellipsis ink2">{r.message?.split('\n')[0]}</span>
                </span>
              </Combobox.Option>
            ))}
            {found.data && !found.data.releases?.length && <Combobox.Empty>No release matches.</Combobox.Empty>}
          </Combobox.Group>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
