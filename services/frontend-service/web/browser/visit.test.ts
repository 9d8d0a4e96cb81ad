import { describe } from 'vitest';
import { expect, test } from './harness/test';

describe('the first visit', () => {
  test('an empty server says what would fill the page, and how', async ({ openEmpty }) => {
    const screen = await openEmpty('/');
    await screen.heading('No applications yet').waitFor();
    await expect.poll(() => screen.page.getByRole('main').textContent()).toContain('curl');
    expect(new URL(screen.page.url()).pathname).toBe('/ui/');
  });

  test('the first release appears by itself on the page that said there was none', async ({ empty, openEmpty }) => {
    const screen = await openEmpty('/');
    await screen.heading('No applications yet').waitFor();
    await empty.run('demo');
    await screen.cell('checkout', 'development').waitFor();
  });

  test('the overview says what runs where, in the order of the chain', async ({ open }) => {
    const screen = await open('/');
    await screen.cell('checkout', 'production-de').waitFor();
    expect(await screen.says('checkout', 'staging')).toContain('runs 2.3.0');
    expect(await screen.says('payments', 'staging')).toContain('locked');
    const places = [];
    for (const environment of ['development', 'staging', 'production-de', 'production-us']) places.push((await screen.cell('checkout', environment).boundingBox())?.x ?? Number.NaN);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(await screen.page.title()).toContain('Signalbox');
  });

  test('a page that does not exist says so and leads back', async ({ open }) => {
    const screen = await open('/ui/nowhere');
    await screen.heading('There is no such page').waitFor();
    await screen.page.getByRole('link', { name: /back to the overview/i }).click();
    await screen.cell('checkout', 'staging').waitFor();
  });
});

describe('finding an application', () => {
  test('/ leads to the search, typing narrows the rows, and the address keeps it', async ({ open }) => {
    const screen = await open('/');
    await screen.cell('search', 'staging').waitFor();
    await screen.page.keyboard.press('/');
    await screen.page.keyboard.type('check');
    await screen.cell('search', 'staging').waitFor({ state: 'detached' });
    await screen.cell('checkout', 'staging').waitFor();
    await expect.poll(() => new URL(screen.page.url()).searchParams.get('q')).toBe('check');
    await screen.page.reload();
    await screen.cell('checkout', 'staging').waitFor();
    expect(await screen.cell('search', 'staging').count()).toBe(0);
  });

  test('a search without a match says so and can be cleared', async ({ open }) => {
    const screen = await open('/ui/?q=nosuchthing');
    await screen.heading(/No application matches/).waitFor();
    await screen.button(/Clear the filter/).click();
    await screen.cell('checkout', 'staging').waitFor();
  });

  test('from the matrix to the application: its releases with who made them and why', async ({ open }) => {
    const screen = await open('/');
    await screen.page.getByRole('link', { name: 'checkout', exact: true }).click();
    await screen.heading(/checkout/).first().waitFor();
    await screen.page.getByText('Retry captures once on 503').first().waitFor();
    expect(new URL(screen.page.url()).pathname).toBe('/ui/applications/checkout');
  });

  test('by the keyboard alone: to a cell, into its panel, and back', async ({ open }) => {
    const screen = await open('/');
    await screen.cell('accounts', 'development').focus();
    await screen.page.keyboard.press('ArrowDown');
    await screen.page.keyboard.press('ArrowRight');
    await expect.poll(() => screen.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/^checkout in staging:/);
    await screen.page.keyboard.press('Enter');
    const panel = screen.page.getByRole('complementary', { name: /checkout in staging/ });
    await panel.waitFor();
    await screen.page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
  });
});
