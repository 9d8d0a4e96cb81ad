import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconApi, IconMoon, IconSun } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { DialogHost } from '../actions/DialogHost';
import { approvalsCountQuery } from '../api/line';
import { locksQuery } from '../api/queries';
import { PaletteButton } from '../palette/Palette';
import { PlannedButton } from '../tray/PlannedButton';
import { TrayDock } from '../tray/Tray';
import { Banners } from './Banners';
import classes from './Frame.module.css';
import { LiveStamp } from './LiveStamp';
import { Logo } from './Logo';
import { Me } from './Me';

/** The frame of every page: navigation, what is true of the whole line, and whether the page is live. */
export function Frame() {
  const locks = useQuery(locksQuery);
  const approvals = useQuery(approvalsCountQuery);
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
          <Link to="/environments" activeOptions={{ includeSearch: false }}>
            Environments
          </Link>
          <Link to="/trains" activeOptions={{ includeSearch: false }}>
            Trains
          </Link>
          <Link to="/locks" activeOptions={{ includeSearch: false }}>
            Locks {locks.data?.total ? <span className="count">{locks.data.total}</span> : null}
          </Link>
          <Link to="/approvals" activeOptions={{ includeSearch: false }}>
            Approvals {approvals.data ? <span className="count">{approvals.data}</span> : null}
          </Link>
          <Link to="/release-sets" activeOptions={{ includeSearch: false }}>
            Release sets
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
