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
  { name: 'environments', path: '/ui/environments', ready: shows('production-de') },
  { name: 'locks', path: '/ui/locks', ready: shows('pay-4711') },
  { name: 'history', path: '/ui/history', ready: shows('Release search 5') },
];
