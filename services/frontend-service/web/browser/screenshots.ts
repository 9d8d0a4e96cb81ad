// Takes the pictures that README and docs show: docs/images/*.png.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { root } from './harness/places';
import type { Screen } from './harness/screen';
import { expect, test } from './harness/test';

const MOST_BYTES = 300_000;

async function take(screen: Screen, name: string) {
  await screen.settled();
  const path = join(root, 'docs/images', `${name}.png`);
  await screen.page.screenshot({ path, animations: 'disabled' });
  expect((await stat(path)).size).toBeLessThan(MOST_BYTES);
}

describe('pictures for the docs', () => {
  test('the overview, with a deployment and a roll back planned', async ({ open }) => {
    const screen = await open('/');
    await screen.cell('storefront', 'production-de').waitFor();
    await screen.press('storefront', 'production-de', 'd');
    await screen.card(/storefront/).getByText('Deployed at once.').waitFor();
    await screen.press('search', 'staging', 'r');
    await screen.card(/search/).getByText(/Sets a hold/).waitFor();
    await screen.tray.getByLabel(/Reason/).fill('suggestions time out');
    await take(screen, 'overview');
  });

  test('the preview of a train, with what one application would change', async ({ open }) => {
    const screen = await open('/ui/trains/staging?application=search', { dark: true });
    await screen.page.getByRole('region', { name: /search, what changes/ }).waitFor();
    await take(screen, 'train');
  });

  test('the environments as a chain, one of them chosen', async ({ open }) => {
    const screen = await open('/ui/environments?environment=production-us');
    await screen.page.getByText('Next departures').waitFor();
    await take(screen, 'environments');
  });
});
