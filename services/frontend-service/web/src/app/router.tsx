import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { ApplicationPage } from '../application/ApplicationPage';
import { HistoryPage } from '../history/HistoryPage';
import { OverviewPage } from '../overview/OverviewPage';
import { type OverviewSearch, overviewSearch } from '../overview/search';
import { Frame } from './Frame';
import * as line from './lineSearch';
import { NotFound } from './States';

/** The comparison an application's page shows, in the URL. */
export interface ApplicationSearch {
  env?: string;
  from?: string;
  to?: string;
}

/** Filters of the history, in the URL. */
export interface HistorySearch {
  application?: string;
  environment?: string;
  author?: string;
}

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });
// Numbers in a URL are parsed as numbers: a version or a search for "42" is text to us.
const text = (value: unknown) => (typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined);

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: OverviewPage,
  validateSearch: (s: Record<string, unknown>): OverviewSearch => overviewSearch(s),
});
const application = createRoute({
  getParentRoute: () => root,
  path: '/applications/$application',
  component: ApplicationPage,
  validateSearch: (s: Record<string, unknown>): ApplicationSearch => ({ env: text(s.env), from: text(s.from), to: text(s.to) }),
});
// The pages of the line come when they are opened: the overview does not wait for them.
const environments = createRoute({
  getParentRoute: () => root,
  path: '/environments',
  component: lazyRouteComponent(() => import('../environments/EnvironmentsPage'), 'EnvironmentsPage'),
  validateSearch: line.environmentsSearch,
});
const environmentConfig = createRoute({
  getParentRoute: () => root,
  path: '/environments/$name/config',
  component: lazyRouteComponent(() => import('../environments/ConfigPage'), 'EnvironmentConfigPage'),
  validateSearch: line.configSearch,
});
const groupConfig = createRoute({
  getParentRoute: () => root,
  path: '/environment-groups/$name/config',
  component: lazyRouteComponent(() => import('../environments/ConfigPage'), 'GroupConfigPage'),
  validateSearch: line.configSearch,
});
const trains = createRoute({
  getParentRoute: () => root,
  path: '/trains',
  component: lazyRouteComponent(() => import('../trains/TrainsPage'), 'TrainsPage'),
  validateSearch: line.trainsSearch,
});
const train = createRoute({
  getParentRoute: () => root,
  path: '/trains/$target',
  component: lazyRouteComponent(() => import('../trains/TrainPage'), 'TrainPage'),
  validateSearch: line.trainSearch,
});
const locks = createRoute({
  getParentRoute: () => root,
  path: '/locks',
  component: lazyRouteComponent(() => import('../locks/LocksPage'), 'LocksPage'),
  validateSearch: line.locksSearch,
});
const approvals = createRoute({
  getParentRoute: () => root,
  path: '/approvals',
  component: lazyRouteComponent(() => import('../approvals/ApprovalsPage'), 'ApprovalsPage'),
  validateSearch: line.approvalsSearch,
});
const releaseSets = createRoute({
  getParentRoute: () => root,
  path: '/release-sets',
  component: lazyRouteComponent(() => import('../releasesets/ReleaseSetsPage'), 'ReleaseSetsPage'),
  validateSearch: line.releaseSetsSearch,
});
const history = createRoute({
  getParentRoute: () => root,
  path: '/history',
  component: HistoryPage,
  validateSearch: (s: Record<string, unknown>): HistorySearch => ({
    application: text(s.application),
    environment: text(s.environment),
    author: text(s.author),
  }),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview, application, environments, environmentConfig, groupConfig, trains, train, locks, approvals, releaseSets, history,
  ]),
  basepath: '/ui',
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
