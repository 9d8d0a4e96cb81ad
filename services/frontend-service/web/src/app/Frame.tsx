import { ActionIcon, Button, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconApi, IconCircleCheck, IconMoon, IconPlugConnectedX, IconSun } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { DialogHost } from '../actions/DialogHost';
import { live, useLive } from '../api/live';
import { locksQuery, statusQuery } from '../api/queries';
import { PaletteButton } from '../palette/Palette';
import { PlannedButton } from '../tray/PlannedButton';
import { TrayDock } from '../tray/Tray';
import classes from './Frame.module.css';
import { Logo } from './Logo';
import { Me } from './Me';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

/** The frame of every page: navigation, what is true of the whole line, and whether the page is live. */
export function Frame() {
  const locks = useQuery(locksQuery);
  return (
    <div className={classes.frame}>
      <header className={classes.top}>
        <Link to="/" className={classes.brand} aria-label="Signalbox, overview">
          <Logo /> Signalbox
        </Link>
        <nav className={classes.nav} aria-label="Pages">
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
            Overview
          </Link>
          <Link to="/environments">Environments</Link>
          <Link to="/locks">
            Locks {locks.data?.total ? <span className="count">{locks.data.total}</span> : null}
          </Link>
          <Link to="/history">History</Link>
        </nav>
        <span className="grow" />
        <PaletteButton />
        <LiveStamp />
        <PlannedButton />
        <Tooltip label="Browse the API">
          <ActionIcon variant="subtle" color="gray" component="a" href="/api" aria-label="Browse the API">
            <IconApi size={16} />
          </ActionIcon>
        </Tooltip>
        <SchemeToggle />
        <Me />
      </header>
      <Banners />
      <div className={classes.body}>
        <main className={classes.main}>
          <Outlet />
        </main>
        <TrayDock />
      </div>
      <DialogHost />
    </div>
  );
}

function LiveStamp() {
  const state = useLive();
  if (!state.live)
    return (
      <span className={`${classes.live} ${classes.stale}`} role="status">
        <IconPlugConnectedX size={14} /> Stale since {clock.format(state.asOf)}
      </span>
    );
  return (
    <span className={classes.live}>
      <IconCircleCheck size={14} color="var(--blue)" /> Live, as of {clock.format(state.asOf)}
    </span>
  );
}

function Banners() {
  const state = useLive();
  const status = useQuery({ ...statusQuery, refetchInterval: 15_000 });
  const locks = useQuery(locksQuery);
  const stop = locks.data?.locks?.find((l) => l.scope === 'LOCK_SCOPE_GLOBAL');
  return (
    <>
      {stop && (
        <div className={classes.bannerStop} role="alert">
          <b>Line stopped</b>
          <span className="ellipsis">
            by {stop.createdBy?.name}: {stop.message}
          </span>
        </div>
      )}
      {!state.live && (
        <div className={classes.bannerStale} role="alert">
          <IconPlugConnectedX size={16} color="var(--orange)" />
          <span className="grow">
            <b>Not live.</b> What you see may be old, as of {clock.format(state.asOf)}; every action is decided on the newest state.
          </span>
          <Button variant="default" onClick={live.tryNow}>
            Try now
          </Button>
        </div>
      )}
      {state.live && status.data && status.data.writable === false && (
        <div className={classes.bannerProblem} role="alert">
          <span>
            <b>Writes do not work.</b> {(status.data.problems ?? []).join('; ')}
          </span>
        </div>
      )}
    </>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Use ${next} colours`}>
      <ActionIcon variant="subtle" color="gray" onClick={() => setColorScheme(next)} aria-label={`Use ${next} colours`}>
        {scheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
