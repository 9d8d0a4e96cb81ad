// The pages there are, for what holds for all of them.
import type { Screen } from './screen';

interface PageOfApp {
  /** Names its pictures. */
  name: string;
  path: string;
  /** Waits until what the page is for is there. */
  ready: (screen: Screen) => Promise<void>;
}

const shows = (text: string | RegExp) => (screen: Screen) => screen.page.getByRole('main').getByText(text).first().waitFor();

/** Every page, with the demo's data. */
export const pages: PageOfApp[] = [
  { name: 'overview', path: '/ui/', ready: (s) => s.cell('checkout', 'staging').waitFor() },
  { name: 'application', path: '/ui/applications/checkout', ready: shows('Retry captures once on 503 (#482)') },
  { name: 'comparison', path: '/ui/applications/checkout?env=production-de&from=3&to=4', ready: shows(/Retry captures/) },
  { name: 'environments', path: '/ui/environments', ready: shows('production-de') },
  { name: 'environment', path: '/ui/environments?environment=production-de', ready: shows('Next departures') },
  { name: 'environments-table', path: '/ui/environments?view=table', ready: shows('production-de') },
  { name: 'freezes', path: '/ui/environments?view=freezes', ready: shows('production-de') },
  { name: 'config', path: '/ui/environments/production-de/config', ready: shows('Upstream') },
  { name: 'config-json', path: '/ui/environments/production-de/config?json=true', ready: (s) => s.page.getByLabel('The document as JSON').waitFor() },
  { name: 'trains', path: '/ui/trains', ready: shows('weekly') },
  { name: 'train', path: '/ui/trains/staging', ready: (s) => s.page.getByRole('option', { name: /^search/ }).waitFor() },
  { name: 'train-group', path: '/ui/trains/production?group=true', ready: (s) => s.page.getByRole('option', { name: /^search/ }).waitFor() },
  { name: 'locks', path: '/ui/locks', ready: shows('incident 4711') },
  { name: 'queue', path: '/ui/locks?tab=queue', ready: shows('payments') },
  { name: 'approvals', path: '/ui/approvals', ready: shows('Nothing waits for approval') },
  { name: 'release-sets', path: '/ui/release-sets', ready: shows('load-test') },
  { name: 'history', path: '/ui/history', ready: shows('Release search 5') },
];
