import { Button, Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { openDialog } from '../actions/dialogs';
import { environmentsQuery } from '../api/queries';
import type { Application, Environment } from '../api/types';
import { Empty, Failed, Loading } from '../app/States';
import { useTray } from '../tray';
import { type CellRef, lockAction, useCellPlans } from './cellActions';
import { CellPanel } from './CellPanel';
import { type Band, type Column, columnsOf, foldedSearch } from './columns';
import { Foot } from './Foot';
import { Help } from './Help';
import { isTyping, nextDifference, type Place, setSingleKeys, singleKeys } from './keys';
import { LockSeveral } from './LockSeveral';
import { Matrix, type MatrixActs } from './Matrix';
import classes from './Page.module.css';
import { plannedCells } from './planned';
import { filterOf, isFiltered, type OverviewSearch } from './search';
import { Toolbar } from './Toolbar';
import { useChosen } from './useChosen';
import { type Rows, useOverview } from './useOverview';
import { type View, ViewStore } from './view';

const NONE: Environment[] = [];

/** Home: which version of each application runs in each environment, and what stands out. */
export function OverviewPage() {
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const change = useCallback((part: OverviewSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true }), [navigate]);
  const { q, team, env, only } = search;
  const filter = useMemo(() => filterOf({ q, team, env, only }), [q, team, env, only]);
  const rows = useOverview(filter);
  const environments = useQuery(environmentsQuery).data?.environments ?? NONE;
  const [view] = useState(() => new ViewStore());
  const { need } = rows;
  const onView = useCallback(
    (now: View) => {
      view.set(now);
      need(now.rows);
    },
    [view, need],
  );
  const { columns, bands } = useMemo(() => columnsOf(rows.head?.environments ?? NONE, { fold: search.fold, unfold: search.unfold }), [rows.head?.environments, search.fold, search.unfold]);
  const { cards } = useTray();
  const planned = useMemo(() => plannedCells(cards), [cards]);
  const selected = useMemo(() => placeIn(search.at), [search.at]);
  const chosen = useChosen();
  const { deploy, rollBack } = useCellPlans();
  const [lock, setLock] = useState<CellRef[]>();
  const [help, setHelp] = useState(false);
  const [keys, setKeys] = useState(singleKeys);
  const [said, setSaid] = useState<string>();
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === 'Escape') change({ at: undefined });
      else if (keys && event.key === '/') input.current?.focus();
      else if (keys && event.key === '?') setHelp(true);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [keys, change]);

  const askLock = (cells: CellRef[]) => {
    const [only, ...more] = cells;
    if (only && more.length === 0) openDialog({ what: 'lock', application: only.application, environment: only.environment });
    else setLock(cells);
  };
  const act = (key: string, shift: boolean, at: Place, read: Rows): Place | undefined => {
    const application = read.at(at.row);
    if (!application) return undefined;
    if (key === ' ') {
      change({ lane: search.lane === application.name ? undefined : application.name });
      return at;
    }
    if (!keys) return undefined;
    if (key === '[' || key === ']') return nextDifference(at, key === ']' ? 1 : -1, columns, read.at);
    const cell = cellAt(application, columns[at.column]);
    if (!cell) return undefined;
    const cells = chosen.cells.length ? chosen.cells : [cell];
    if (key === 'd') setSaid(deploy(cells));
    else if (key === 'l') askLock(cells);
    else if (key === 'r') void rollBack(cell).then(setSaid, (e: Error) => setSaid(e.message));
    else if (key === 'x') chosen.toggle(cell, at, shift, (p) => cellAt(read.at(p.row), columns[p.column]));
    else return undefined;
    return at;
  };

  const acts: MatrixActs = {
    open: (application, column) => {
      if (column.environment) change({ at: `${application.name}/${column.environment.name}` });
      else fold(bands.find((b) => b.group === column.group));
    },
    lane: (application) => change({ lane: search.lane === application ? undefined : application }),
    fold: (band) => fold(band),
    key: (event, at, read) => act(event.key.toLowerCase(), event.shiftKey, at, read),
  };
  const fold = (band?: Band) => band && change(foldedSearch(search, band));

  const { head } = rows;
  if (rows.error && !head) return <Failed what="The overview" error={rows.error} retry={rows.retry} />;
  return (
    <div className={classes.page}>
      <h1 className="hidden">Overview</h1>
      <Toolbar search={search} overview={head} environments={environments} change={change} input={input} />
      <div className={classes.split}>
        <div className={classes.matrix}>
          {!head ? (
            <div className={classes.wait}>
              <Loading rows={14} />
            </div>
          ) : rows.total === 0 ? (
            <Nothing filtered={isFiltered(search)} clear={() => change({ q: undefined, team: undefined, env: undefined, only: undefined })} />
          ) : (
            <Matrix
              key={JSON.stringify(filter)}
              rows={rows}
              columns={columns}
              bands={bands}
              tight={!!search.tight}
              lane={search.lane}
              selected={selected}
              chosen={chosen.byApplication}
              planned={planned}
              acts={acts}
              onView={onView}
            />
          )}
          <Foot
            rows={rows}
            columns={columns}
            view={view}
            chosen={chosen.cells.length}
            deploy={() => setSaid(deploy(chosen.cells))}
            lock={() => askLock(chosen.cells)}
            clear={chosen.clear}
            help={() => setHelp(true)}
            keys={keys}
          />
        </div>
        {selected && (
          <aside className={classes.side} aria-label={`${selected.application} in ${selected.environment}`}>
            <CellPanel
              key={search.at}
              {...selected}
              environments={environments}
              close={() => change({ at: undefined })}
            />
          </aside>
        )}
      </div>
      <p className={said ? classes.said : 'hidden'} role="status" onAnimationEnd={() => setSaid(undefined)}>
        {said}
      </p>
      {lock && <LockSeveral cells={lock} toAction={lockAction} close={() => setLock(undefined)} />}
      {help && (
        <Help
          keys={keys}
          setKeys={(on) => {
            setSingleKeys(on);
            setKeys(on);
          }}
          close={() => setHelp(false)}
        />
      )}
    </div>
  );
}

function placeIn(at?: string): { application: string; environment: string } | undefined {
  const [application, environment] = (at ?? '').split('/');
  return application && environment ? { application, environment } : undefined;
}

function cellAt(application?: Application, column?: Column): CellRef | undefined {
  const environment = column?.environment?.name;
  if (!application?.name || !environment) return undefined;
  return { application: application.name, environment, deployment: application.deployments?.find((d) => d.environment === environment) };
}

const SNIPPET = `curl ${window.location.origin}/release \\
  -F application=cart -F 'manifests[development]=@cart.yaml'`;

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  return (
    <div className={classes.wait}>
      {filtered ? (
        <Empty title="No application matches the filter">
          <Button variant="default" onClick={clear}>
            Clear the filter
          </Button>
        </Empty>
      ) : (
        <Empty title="No applications yet">
          An application appears with its first release. Send one from CI:
          <Code block mt={8} ta="left">
            {SNIPPET}
          </Code>
        </Empty>
      )}
    </div>
  );
}
