import { Autocomplete, Button, Radio, Switch } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Environment } from '../api/types';
import classes from './Config.module.css';
import { CheckField, ChoiceField, ListField, TextField, ZoneField } from './fields';
import type { Json, Path } from './path';
import type { Kind } from './schema';
import type { Draft } from './useDraft';

interface Props {
  kind: Kind;
  name: string;
  draft: Draft;
  environments: Environment[];
}

/** The settings people change most, as a form. What it does not know stays in the document as it is. */
export function ConfigForm({ kind, name, draft, environments }: Props) {
  return (
    <div className={classes.form}>
      {kind === 'environment' && (
        <>
          <Upstream name={name} draft={draft} environments={environments} />
          <Approval draft={draft} />
        </>
      )}
      <List draft={draft} path={['freezeWindows']} legend="Freeze windows" one="freeze window" fresh={{ kind: 'deny', schedule: '0 17 * * 5', duration: '64h' }}>
        {(path) => <FreezeFields draft={draft} path={path} />}
      </List>
      <List draft={draft} path={['releaseTrains']} legend="Release trains" one="train" fresh={{ name: 'morning', schedule: '0 9 * * 1-5' }}>
        {(path) => <TrainFields draft={draft} path={path} />}
      </List>
      {kind === 'environment' && <Destination draft={draft} />}
    </div>
  );
}

function Upstream({ name, draft, environments }: Omit<Props, 'kind'>) {
  const latest = draft.get(['upstream', 'latest']) === true;
  const environment = draft.get(['upstream', 'environment']);
  const value = latest ? 'latest' : typeof environment === 'string' ? 'environment' : 'none';
  const others = environments.map((e) => e.name ?? '').filter((n) => n !== name);
  const groups = [...new Set(environments.map((e) => e.environmentGroup ?? '').filter(Boolean))];
  const group = draft.get(['environmentGroup']);
  return (
    <fieldset>
      <legend>Where releases come from</legend>
      <Radio.Group
        aria-label="Upstream"
        value={value}
        onChange={(v) => draft.set(['upstream'], v === 'latest' ? { latest: true } : v === 'environment' ? { environment: others[0] ?? '' } : undefined)}
      >
        <div style={{ display: 'grid', gap: 8 }}>
          <Radio size="xs" value="latest" label="Every new release goes here by itself" />
          <Radio size="xs" value="environment" label="Trains bring what another environment runs" disabled={others.length === 0} />
          <Radio size="xs" value="none" label="Nowhere: it is deployed to by hand" />
        </div>
      </Radio.Group>
      <div className={classes.fields}>
        {value === 'environment' && <ChoiceField draft={draft} path={['upstream', 'environment']} label="Upstream" data={others.map((n) => ({ value: n, label: n }))} />}
        <Autocomplete
          size="xs"
          label="Environment group"
          placeholder={name}
          data={groups}
          value={typeof group === 'string' ? group : ''}
          onChange={(v) => draft.set(['environmentGroup'], v || undefined)}
        />
      </div>
    </fieldset>
  );
}

function Approval({ draft }: { draft: Draft }) {
  const on = draft.get(['approval']) !== undefined;
  return (
    <fieldset>
      <legend>Approval</legend>
      <Switch
        size="xs"
        label="Ask for approval before anything is deployed here"
        checked={on}
        styles={{ thumb: on ? { background: 'var(--on-ink)', borderColor: 'var(--on-ink)' } : {} }}
        onChange={(e) => draft.set(['approval'], e.currentTarget.checked ? { notAuthor: true, expiresAfter: '72h' } : undefined)}
      />
      {on && (
        <>
          <div className={classes.fields}>
            <ListField draft={draft} path={['approval', 'by']} label="Who may approve" description="role:NAME or an e-mail address; empty means everybody" />
            <TextField draft={draft} path={['approval', 'expiresAfter']} label="A request ends after" description="such as 72h; empty means never" />
          </div>
          <CheckField draft={draft} path={['approval', 'notAuthor']} label="Not by who asked, nor by who wrote one of the releases" />
        </>
      )}
    </fieldset>
  );
}

function Destination({ draft }: { draft: Draft }) {
  const at = (field: string): Path => ['argocd', 'destination', field];
  return (
    <fieldset>
      <legend>Argo CD destination</legend>
      <div className={classes.fields}>
        <TextField draft={draft} path={at('name')} label="Cluster name" description="or its address" />
        <TextField draft={draft} path={at('server')} label="Cluster address" placeholder="https://kubernetes.default.svc" description="or its name" />
        <TextField draft={draft} path={at('namespace')} label="Namespace" />
        <TextField draft={draft} path={at('appProjectNamespace')} label="Namespace of the AppProject" />
        <TextField draft={draft} path={at('applicationNamespace')} label="Namespace of the Applications" />
      </div>
      <p className="small ink3">Sync windows, the access list, annotations and sync options of Argo CD are edited as JSON; they stay as they are here.</p>
    </fieldset>
  );
}

interface ListProps {
  draft: Draft;
  path: Path;
  legend: string;
  one: string;
  fresh: { [key: string]: Json };
  children: (path: Path) => ReactNode;
}

function List({ draft, path, legend, one, fresh, children }: ListProps) {
  const value = draft.get(path);
  const list = Array.isArray(value) ? value : [];
  return (
    <fieldset>
      <legend>
        {legend} <span className="count">{list.length}</span>
      </legend>
      {list.map((entry, i) => (
        // Entries have no id of their own: their place in the file is what tells them apart.
        <div key={i} className={classes.entry}>
          <header>
            <b>{nameOf(entry) || `${one} ${i + 1}`}</b>
            <span className="grow" />
            <Button variant="subtle" color="gray" leftSection={<IconTrash size={14} />} onClick={() => draft.set([...path, i], undefined)} aria-label={`Remove ${one} ${nameOf(entry) || i + 1}`}>
              Remove
            </Button>
          </header>
          {children([...path, i])}
        </div>
      ))}
      <div>
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => draft.set([...path, list.length], fresh)}>
          Add {one}
        </Button>
      </div>
    </fieldset>
  );
}

function nameOf(entry: Json): string {
  return entry !== null && typeof entry === 'object' && !Array.isArray(entry) && typeof entry.name === 'string' ? entry.name : '';
}

function FreezeFields({ draft, path }: { draft: Draft; path: Path }) {
  return (
    <div className={classes.fields}>
      <TextField draft={draft} path={[...path, 'name']} label="Name" />
      <ChoiceField
        draft={draft}
        path={[...path, 'kind']}
        label="Kind"
        data={[
          { value: 'deny', label: 'deny: frozen while it is open' },
          { value: 'allow', label: 'allow: frozen while none is open' },
        ]}
      />
      <TextField draft={draft} path={[...path, 'schedule']} label="Opens" description="minute hour day month weekday" />
      <TextField draft={draft} path={[...path, 'duration']} label="Stays open for" description="such as 90m, 64h, 2d" />
      <ZoneField draft={draft} path={[...path, 'timeZone']} />
      <TextField draft={draft} path={[...path, 'reason']} label="Reason" />
      <ListField draft={draft} path={[...path, 'teams']} label="Only teams" description="empty means all" />
      <ListField draft={draft} path={[...path, 'applications']} label="Only applications" description="empty means all" />
    </div>
  );
}

function TrainFields({ draft, path }: { draft: Draft; path: Path }) {
  return (
    <>
      <div className={classes.fields}>
        <TextField draft={draft} path={[...path, 'name']} label="Name" />
        <TextField draft={draft} path={[...path, 'schedule']} label="Departs" description="minute hour day month weekday" />
        <ZoneField draft={draft} path={[...path, 'timeZone']} />
        <ChoiceField
          draft={draft}
          path={[...path, 'missed']}
          label="A missed departure"
          placeholder="is left out"
          data={[
            { value: 'skip', label: 'is left out' },
            { value: 'run-once', label: 'runs once, late' },
          ]}
        />
        <TextField draft={draft} path={[...path, 'team']} label="Only team" />
        <ListField draft={draft} path={[...path, 'applications']} label="Only applications" />
      </div>
      <CheckField draft={draft} path={[...path, 'disabled']} label="Off: it stays in the file and does not depart" />
    </>
  );
}
