import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { ApplicationPage } from '../application/ApplicationPage';
import { EnvironmentsPage } from '../environments/EnvironmentsPage';
import { HistoryPage } from '../history/HistoryPage';
import { LocksPage } from '../locks/LocksPage';
import { OverviewPage } from '../overview/OverviewPage';
import { type OverviewSearch, overviewSearch } from '../overview/search';
import { Frame } from './Frame';
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
const environments = createRoute({ getParentRoute: () => root, path: '/environments', component: EnvironmentsPage });
const locks = createRoute({ getParentRoute: () => root, path: '/locks', component: LocksPage });
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
  routeTree: root.addChildren([overview, application, environments, locks, history]),
  basepath: '/ui',
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
