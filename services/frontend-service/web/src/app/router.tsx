import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { applicationSearch } from '../application/search';
import { historySearch, storySearch } from '../history/search';
import { OverviewPage } from '../overview/OverviewPage';
import { type OverviewSearch, overviewSearch } from '../overview/search';
import { Frame } from './Frame';
import * as line from './lineSearch';
import { NotFound } from './States';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: OverviewPage,
  validateSearch: (s: Record<string, unknown>): OverviewSearch => overviewSearch(s),
});
// The other pages come when they are opened: the overview does not wait for them.
const application = createRoute({
  getParentRoute: () => root,
  path: '/applications/$application',
  component: lazyRouteComponent(() => import('../application/ApplicationPage'), 'ApplicationPage'),
  validateSearch: applicationSearch,
});
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
  component: lazyRouteComponent(() => import('../history/HistoryPage'), 'HistoryPage'),
  validateSearch: historySearch,
});
const story = createRoute({
  getParentRoute: () => root,
  path: '/history/$commit',
  component: lazyRouteComponent(() => import('../history/StoryPage'), 'StoryPage'),
  validateSearch: storySearch,
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview, application, environments, environmentConfig, groupConfig, trains, train, locks, approvals, releaseSets, history, story,
  ]),
  basepath: '/ui',
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
