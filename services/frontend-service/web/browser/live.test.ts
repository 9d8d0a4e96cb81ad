import { describe } from 'vitest';
import type { Screen } from './harness/screen';
import { expect, test } from './harness/test';

const STALE = /Not live/;

/** Requests that find nobody: what the browser says of them is expected where the connection is broken on purpose. */
function breaks(screen: Screen) {
  screen.expects(/net::ERR_|Failed to load resource|NetworkError|network error/);
}

describe('a page that is open', () => {
  test('shows what somebody else does, without a reload', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'production-de').waitFor();
    await shop.run('deploy', 'search', 'production-de', '4');
    await expect.poll(() => screen.says('search', 'production-de')).toContain('runs 9.3.0');
  });

  test('two tabs show the same, each by itself', async ({ shop, open }) => {
    const one = await open('/');
    const two = await open('/', { beside: one });
    await one.cell('checkout', 'staging').waitFor();
    await two.cell('checkout', 'staging').waitFor();
    await shop.run('lock', 'both-1', '--environment', 'staging', '--application', 'checkout', '--message', 'both tabs see it');
    for (const screen of [one, two]) await expect.poll(() => screen.says('checkout', 'staging')).toContain('locked');
  });

  test('says when it is stale, and heals when the server is back, with what happened meanwhile', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'production-de').waitFor();
    breaks(screen);
    await shop.stop();
    await screen.banner(STALE).waitFor();
    expect(await screen.says('search', 'production-de'), 'what was read stays readable').toContain('runs 9.2.0');
    await shop.start();
    await shop.run('deploy', 'search', 'production-de', '4');
    await screen.banner(STALE).waitFor({ state: 'detached' });
    await expect.poll(() => screen.says('search', 'production-de')).toContain('runs 9.3.0');
  });

  test('a server that was killed comes back under the page', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'staging').waitFor();
    breaks(screen);
    await shop.kill();
    await screen.banner(STALE).waitFor();
    await shop.start();
    await screen.button('Try now').click({ timeout: 2000 }).catch(() => undefined); // it may have tried by itself
    await screen.banner(STALE).waitFor({ state: 'detached' });
    await shop.run('lock', 'after-1', '--environment', 'staging', '--application', 'search', '--message', 'after the crash');
    await expect.poll(() => screen.says('search', 'staging')).toContain('locked');
  });

  test('a laptop that slept learns what it missed, once', async ({ shop, wire, openOverWire }) => {
    const screen = await openOverWire('/');
    await screen.cell('search', 'production-de').waitFor();
    breaks(screen);
    wire.sleep();
    await screen.banner(STALE).waitFor();
    await shop.run('deploy', 'search', 'production-de', '4');
    await shop.run('lock', 'night-1', '--environment', 'staging', '--application', 'checkout', '--message', 'set while it slept');
    wire.wake();
    await screen.banner(STALE).waitFor({ state: 'detached' });
    await expect.poll(() => screen.says('search', 'production-de')).toContain('runs 9.3.0');
    await expect.poll(() => screen.says('checkout', 'staging')).toContain('locked');
    expect(await screen.cell('checkout', 'staging').count(), 'nothing is doubled').toBe(1);
  });
});
