import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Screen } from './harness/screen';
import type { Server } from './harness/server';
import { expect, test } from './harness/test';

/** What becomes of an application in the preview of a train. */
const row = (screen: Screen, application: string) => screen.page.getByRole('option', { name: new RegExp(`^${application}\\b`) });

/** Changes the config.json of an environment of the shop, as its operator would. */
async function configure(shop: Server, environment: string, change: object) {
  const { config } = await shop.get<{ config: object }>(`/api/v1/environments/${environment}`);
  const file = join(tmpdir(), `signalbox-config-${crypto.randomUUID()}.json`);
  await writeFile(file, JSON.stringify({ ...config, ...change }));
  await shop.run('env', 'apply', environment, '--config', file, '--reason', 'test');
  await rm(file);
}

describe('a release train', () => {
  test('shows what it would do; a lock that somebody sets changes that on the open page', async ({ open }) => {
    const preview = await open('/ui/trains/staging');
    await expect.poll(() => row(preview, 'search').textContent()).toContain('→ 9.4.0');
    const overview = await open('/', { beside: preview });
    await overview.press('search', 'staging', 'l');
    const dialog = overview.dialog(/Lock/);
    await dialog.getByLabel(/Message/).fill('load test until noon');
    await dialog.getByRole('button', { name: 'Create the lock' }).click();
    await dialog.getByText('Done.').waitFor();
    await expect.poll(() => row(preview, 'search').textContent()).toMatch(/lock/);
    await expect.poll(() => row(preview, 'storefront').textContent()).not.toMatch(/lock/);
  });

  test('runs from its preview, and what it moved is on the overview', async ({ shop, open }) => {
    const screen = await open('/ui/trains/staging');
    await row(screen, 'search').waitFor();
    await screen.button('Run now…').click();
    const dialog = screen.dialog();
    await dialog.getByLabel('Reason').fill('Friday train');
    await dialog.getByRole('button', { name: /^Run the train, move \d+$/ }).click();
    await dialog.getByText('Done.').waitFor();
    await screen.page.goto(`${shop.url}/ui/`);
    await expect.poll(() => screen.says('search', 'staging')).toContain('runs 9.4.0');
    expect(await screen.says('payments', 'staging'), 'the lock held').toContain('runs 5.2.0');
  });

  test('leaves alone what was rolled back', async ({ shop, open }) => {
    await shop.run('deploy', 'search', 'staging', '3', '--reason', 'suggestions time out');
    const screen = await open('/ui/trains/staging');
    await expect.poll(() => row(screen, 'search').textContent()).toMatch(/hold/);
  });
});

describe('locks', () => {
  test('are deleted in a table that says what they hold back; that deploys nothing', async ({ open }) => {
    const screen = await open('/ui/locks');
    await screen.page.getByRole('checkbox', { name: /Select lock pay-4711/ }).check();
    const panel = screen.page.getByRole('complementary', { name: 'Delete 1 lock' });
    await panel.getByText('Deleting a lock deploys nothing.').waitFor();
    const button = panel.getByRole('button', { name: 'Delete 1 lock' });
    expect(await button.isDisabled(), 'not without a reason').toBe(true);
    await panel.getByLabel(/Reason/).fill('incident 4711 is over');
    await button.click();
    await screen.page.getByRole('row').filter({ hasText: 'incident 4711' }).waitFor({ state: 'detached' });
    await screen.page.getByRole('link', { name: 'Overview', exact: true }).click();
    await expect.poll(() => screen.says('payments', 'staging')).toContain('5.3.0 queued');
    expect(await screen.says('payments', 'staging')).toContain('runs 5.2.0');
    expect(await screen.says('payments', 'staging')).not.toContain('locked');
  });

  test('with an end leave the table when it is over', async ({ shop, open }) => {
    const screen = await open('/ui/locks');
    await screen.page.getByRole('row').filter({ hasText: 'incident 4711' }).waitFor();
    await shop.run('lock', 'short-1', '--environment', 'staging', '--application', 'search', '--message', 'only for a moment', '--expires', '4s');
    const short = screen.page.getByRole('row').filter({ hasText: 'only for a moment' });
    await short.waitFor();
    await short.waitFor({ state: 'detached', timeout: 60_000 });
  });
});

describe('approvals', () => {
  test('a deployment waits until somebody who may approves it', async ({ shop, open }) => {
    await configure(shop, 'production-de', { approval: { by: ['rosa@example.com'], expiresAfter: '72h' } });
    const screen = await open('/');
    await screen.cell('search', 'production-de').waitFor();
    await screen.press('search', 'production-de', 'd');
    await screen.card(/^Deploy search/).getByText(/Asks for approval/).waitFor();
    await screen.apply('search is slow in Germany');
    await expect.poll(() => screen.says('search', 'production-de')).toContain('needs approval');

    screen.expects(/status of 403/); // not everybody may
    await screen.page.goto(`${shop.url}/ui/approvals`);
    await screen.page.getByText('You cannot approve it').waitFor();
    await screen.iAm('Rosa Stein', 'rosa@example.com');
    await screen.page.reload();
    await screen.page.getByLabel(/Comment/).fill('looked at the diff');
    await screen.button('Approve 1 deployment').click();
    await screen.heading('Nothing waits for approval').waitFor();
    await screen.page.goto(`${shop.url}/ui/`);
    await expect.poll(() => screen.says('search', 'production-de')).toContain('runs 9.3.0');
  });
});

describe('a freeze', () => {
  test('stands in the head of its column, and what is deployed meanwhile waits for its end', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'production-de').waitFor();
    await configure(shop, 'production-de', { freezeWindows: [{ name: 'inventory', kind: 'deny', schedule: '* * * * *', duration: '2h', timeZone: 'Europe/Berlin', reason: 'we count' }] });
    await screen.page.getByRole('columnheader', { name: /production-de/ }).getByText(/Freeze/).first().waitFor();
    await screen.press('search', 'production-de', 'd');
    await screen.card(/^Deploy search/).getByText(/Queued behind freeze/).waitFor();
    await screen.apply('goes when the freeze ends');
    await expect.poll(() => screen.says('search', 'production-de')).toContain('9.3.0 queued');
    expect(await screen.says('search', 'production-de')).toContain('runs 9.2.0');
    await configure(shop, 'production-de', { freezeWindows: [] });
    await expect.poll(() => screen.says('search', 'production-de'), { timeout: 60_000 }).toContain('runs 9.3.0');
  });
});
