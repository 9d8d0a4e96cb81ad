import { describe } from 'vitest';
import { expect, test } from './harness/test';

/** The newest commits, the last one first. */
interface Story {
  entries: { commit: string; reason?: string; author?: { name?: string } }[];
}

describe('the tray', () => {
  test('a deployment is planned, survives a reload, and is applied with its reason', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'production-de').waitFor();
    await screen.iAm('Anna Koch', 'anna@example.com');
    await screen.press('search', 'production-de', 'd');
    await screen.card(/^Deploy search .* to production-de$/).waitFor();
    await expect.poll(() => screen.says('search', 'production-de')).toContain('planned');
    await screen.page.reload();
    const planned = screen.card(/^Deploy search .* to production-de$/);
    await planned.getByText('Deployed at once.').waitFor();
    await expect.poll(() => planned.textContent()).toMatch(/9\.2\.0.*9\.3\.0/);
    expect(await screen.says('search', 'production-de'), 'nothing happened yet').toContain('runs 9.2.0');

    await screen.apply('search is slow in Germany');
    await expect.poll(() => screen.says('search', 'production-de')).toContain('runs 9.3.0');
    expect(await screen.says('search', 'production-de')).not.toContain('planned');
    const { entries } = await shop.get<Story>('/api/v1/history?pageSize=1');
    expect(entries[0]).toMatchObject({ reason: 'search is slow in Germany', author: { name: 'Anna Koch' } });
  });

  test('several actions go together, as one commit', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'production-de').waitFor();
    await screen.press('search', 'production-de', 'd');
    await screen.card(/^Deploy search/).waitFor();
    await screen.press('storefront', 'production-de', 'd');
    await screen.card(/^Deploy storefront/).getByText('Deployed at once.').waitFor();
    const before = await shop.get<{ commit: string }>('/api/v1/status');
    await screen.apply('Germany has waited long enough');
    for (const application of ['search', 'storefront']) await expect.poll(() => screen.says(application, 'production-de')).toMatch(/runs (9|12)\.3\.0/);
    const { entries } = await shop.get<Story>('/api/v1/history?pageSize=2');
    expect(entries[1]?.commit).toBe(before.commit);
  });

  test('two tabs share it', async ({ open }) => {
    const one = await open('/');
    const two = await open('/', { beside: one });
    await one.cell('search', 'production-de').waitFor();
    await two.cell('search', 'production-de').waitFor();
    await one.press('search', 'production-de', 'd');
    await expect.poll(() => two.says('search', 'production-de')).toContain('planned');
  });

  test('a plan that somebody else made impossible says so, and nothing happens', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('payments', 'staging').click();
    await screen.page.getByRole('button', { name: /^Plan: Delete lock pay-4711/ }).click();
    await screen.card(/Delete lock pay-4711/).waitFor();
    screen.expects(/status of (404|409|412)/); // the preview is refused from now on
    await shop.run('unlock', 'pay-4711', '--environment', 'staging', '--application', 'payments');
    await screen.card(/Delete lock pay-4711/).getByText(/would be refused/i).first().waitFor();
    await screen.tray.getByLabel(/Reason/).fill('the incident is over');
    await expect.poll(() => screen.tray.getByRole('button', { name: 'Apply 1 action' }).isDisabled()).toBe(true);
    await screen.tray.getByRole('button', { name: /^Take out/ }).click();
    await screen.card(/Delete lock pay-4711/).waitFor({ state: 'detached' });
  });
});

describe('going back', () => {
  test('a roll back asks for the reason, sets a hold, and the hold says why', async ({ open }) => {
    const screen = await open('/');
    await screen.cell('search', 'staging').waitFor();
    await screen.press('search', 'staging', 'r');
    const back = screen.card(/^(Roll back|Deploy) search .*9\.2\.0/);
    await back.getByText(/Sets a hold/).waitFor();
    const apply = screen.tray.getByRole('button', { name: 'Apply 1 action' });
    expect(await apply.isDisabled(), 'not without a reason').toBe(true);
    await screen.apply('suggestions time out');
    await expect.poll(() => screen.says('search', 'staging')).toContain('on hold');
    expect(await screen.says('search', 'staging')).toContain('runs 9.2.0');
    await screen.cell('search', 'staging').click();
    await screen.page.getByRole('complementary', { name: /search in staging/ }).getByText('suggestions time out').first().waitFor();
  });
});

describe('a lock', () => {
  test('set by hand in a dialog, it shows in the cell with its words', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('search', 'staging').waitFor();
    await screen.press('search', 'staging', 'l');
    const dialog = screen.dialog(/Lock/);
    await dialog.getByLabel(/Message/).fill('load test until noon');
    await dialog.getByRole('button', { name: 'Create the lock' }).click();
    await dialog.getByText('Done.').waitFor();
    await screen.page.keyboard.press('Escape');
    await expect.poll(() => screen.says('search', 'staging')).toContain('locked');
    const { locks } = await shop.get<{ locks: { message: string }[] }>('/api/v1/locks?environment=staging&application=search');
    expect(locks.map((l) => l.message)).toContain('load test until noon');
  });

  test('with an end leaves by itself when it is over, and deploys nothing', async ({ shop, open }) => {
    const screen = await open('/');
    await screen.cell('storefront', 'staging').waitFor();
    await shop.run('lock', 'short-1', '--environment', 'staging', '--application', 'storefront', '--message', 'for a moment', '--expires', '4s');
    await expect.poll(() => screen.says('storefront', 'staging')).toContain('locked');
    await expect.poll(() => screen.says('storefront', 'staging'), { timeout: 60_000 }).not.toContain('locked');
    expect(await screen.says('storefront', 'staging')).toContain('runs 12.3.0');
  });
});

describe('the whole line stopped', () => {
  test('every page says so, with the reason, until somebody ends it', async ({ shop, open }) => {
    const screen = await open('/ui/history');
    await shop.as('Anna Koch <anna@example.com>')('stop', '--message', 'orders are lost, incident 4812');
    await screen.banner('Line stopped').getByText(/orders are lost, incident 4812/).waitFor();
    await screen.page.goto(`${shop.url}/ui/locks`);
    await screen.banner('Line stopped').waitFor();
    await shop.run('go', '--reason', 'orders are safe');
    await screen.banner('Line stopped').waitFor({ state: 'detached' });
  });
});
