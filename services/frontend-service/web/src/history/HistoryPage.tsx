import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ActionField, ApplicationField, EnvironmentField, PeriodField, TextField } from './Filters';
import { DeploymentsTable } from './DeploymentsTable';
import classes from './History.module.css';
import { HistoryTable } from './HistoryTable';
import { type DeploymentFilter, exportAddress } from './queries';
import { type HistorySearch, type HistoryView, spanOf } from './search';
import { VersionsView } from './VersionsView';
import { WhereView } from './WhereView';

const VIEWS: { view?: HistoryView; words: string }[] = [
  { words: 'Audit trail' },
  { view: 'deployments', words: 'Deployments' },
  { view: 'versions', words: 'What ran when' },
  { view: 'commit', words: 'Where is a commit' },
];

/** The history: every decision, every deployment, what ran at a moment, and where a source commit is. */
export function HistoryPage() {
  const search = useSearch({ from: '/history' });
  const navigate = useNavigate({ from: '/history' });
  const change = (part: HistorySearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  return (
    <div>
      <nav className={classes.tabs} aria-label="Views of the history">
        <h1 style={{ alignSelf: 'center', marginRight: 12, fontSize: 15 }}>History</h1>
        {VIEWS.map(({ view, words }) => (
          <Link key={words} to="/history" search={(old) => ({ ...old, view })} activeOptions={{ exact: true }}>
            {words}
          </Link>
        ))}
      </nav>
      <View key={search.view ?? ''} search={search} change={change} />
    </div>
  );
}

function View({ search, change }: { search: HistorySearch; change: (part: HistorySearch) => void }) {
  // "Now" is when the view was opened or its period was chosen; a page that slides with the clock would never be the same twice.
  const [opened] = useState(() => new Date());
  const span = spanOf(search, opened);
  const { application, environment, author } = search;
  switch (search.view) {
    case 'versions':
      return <VersionsView search={search} change={change} />;
    case 'commit':
      return <WhereView search={search} change={change} />;
    case 'deployments': {
      const filter = { application, environment, author, team: search.team, commitId: search.commit, ...span };
      return (
        <>
          <div className={classes.bar} role="search" aria-label="Filter the deployments">
            <ApplicationField value={application} change={(v) => change({ application: v })} />
            <EnvironmentField value={environment} change={(v) => change({ environment: v })} />
            <TextField label="Team" value={search.team} change={(v) => change({ team: v })} width={120} />
            <TextField label="Author" value={author} change={(v) => change({ author: v })} width={130} />
            <TextField label="Source commit" value={search.commit} change={(v) => change({ commit: v })} />
            <PeriodField search={search} change={change} />
            <span className="grow" />
            <Export filter={filter} />
          </div>
          <div className={classes.body}>
            <section className="panel" aria-label="Deployments">
              <DeploymentsTable filter={filter} />
            </section>
          </div>
        </>
      );
    }
    default:
      return (
        <>
          <div className={classes.bar} role="search" aria-label="Filter the audit trail">
            <ApplicationField value={application} change={(v) => change({ application: v })} />
            <EnvironmentField value={environment} change={(v) => change({ environment: v })} />
            <TextField label="Author" value={author} change={(v) => change({ author: v })} />
            <ActionField value={search.action} change={(v) => change({ action: v })} />
            <PeriodField search={search} change={change} />
          </div>
          <div className={classes.body}>
            <section className="panel" aria-label="Audit trail">
              <HistoryTable filter={{ application, environment, author, action: search.action, ...span }} />
            </section>
          </div>
        </>
      );
  }
}

/** All deployments that match, as a file. */
export function Export({ filter }: { filter: DeploymentFilter }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={14} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Every deployment that matches</Menu.Label>
        <Menu.Item component="a" href={exportAddress(filter, 'csv')} download="deployments.csv">
          As CSV
        </Menu.Item>
        <Menu.Item component="a" href={exportAddress(filter, 'jsonl')} download="deployments.jsonl">
          As JSON lines
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
