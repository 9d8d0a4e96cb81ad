// The overview of a large installation: 2,000 applications in 30 environments. What it must do is tested; how fast it was is printed beside its
// target, because a figure says as much about the machine.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstUsefulPaint, longestTask, median, observe, pageClock, Transfer } from './harness/figures';
import { root } from './harness/places';
import type { Screen } from './harness/screen';
import { Server } from './harness/server';
import { startBrowser, Viewer } from './harness/test';

const APPLICATIONS = 2000;
const ENVIRONMENTS = 30;

interface Figure {
  what: string;
  target: string;
  measured: string;
}

describe('2,000 applications in 30 environments', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  const figures: Figure[] = [];

  // Making the repo takes about two minutes, once: it stays in .cache/bench.
  beforeAll(async () => {
    await promisify(execFile)('go', ['run', './infrastructure/bench', '-sizes', 'W', '-generate-only'], { cwd: root });
    folder = await mkdtemp(join(tmpdir(), 'signalbox-size-'));
    await cp(join(root, '.cache/bench/W.git'), join(folder, 'data/manifests.git'), { recursive: true });
    server = await Server.start({ dataDir: join(folder, 'data') });
    browser = await startBrowser();
  }, 1_200_000);

  afterAll(async () => {
    await browser?.close();
    await server?.kill();
    if (folder) await rm(folder, { recursive: true, force: true });
    console.log(table(figures));
  });

  /** Opens the overview in a browser that never saw it, with figures taken. */
  async function visit(use: (screen: Screen, transfer: Transfer) => Promise<void>) {
    const viewer = new Viewer(browser, server.url);
    const screen = await viewer.open('about:blank');
    await screen.page.addInitScript(observe);
    const transfer = await Transfer.of(screen.page);
    await screen.page.goto(`${server.url}/ui/`);
    try {
      await use(screen, transfer);
    } finally {
      expect(await viewer.close(), 'the console complained').toEqual([]);
    }
  }

  test('the first view comes with a part of the matrix, and says of how much', async () => {
    const paints: number[] = [];
    let answers = 0;
    let everything = 0;
    for (let i = 0; i < 3; i++)
      await visit(async (screen, transfer) => {
        paints.push(await firstUsefulPaint(screen.page));
        await screen.cell('app-0000', 'env-00').waitFor();
        await screen.settled();
        await screen.page.getByText(/^Rows 1 to \d+ of 2,000/).waitFor();
        expect(await screen.page.getByRole('gridcell').count(), 'only what is in view is drawn').toBeLessThan(60 * ENVIRONMENTS);
        answers = transfer.sum('/api/v1/overview');
        everything = transfer.sum('/');
      });
    expect(answers).toBeGreaterThan(0);
    note('first useful paint, cold, median of 3', '1,500 ms', `${Math.round(median(paints))} ms`);
    note('overview data of the first view, compressed', '300 KB', kilobytes(answers));
    note('everything the first view loads, compressed', '-', kilobytes(everything));
  });

  test('every row can be reached by scrolling, and by a search', async () => {
    await visit(async (screen) => {
      await screen.cell('app-0000', 'env-00').waitFor();
      await screen.settled();
      const grid = screen.page.getByRole('grid');
      const box = await grid.boundingBox();
      if (!box) throw new Error('the matrix has no place on the screen');
      await screen.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      const begin = await pageClock(screen.page);
      for (let i = 0; i < 60; i++) await screen.page.mouse.wheel(0, 400);
      for (let i = 0; i < 20; i++) await screen.page.mouse.wheel(200, 0);
      for (let i = 0; i < 20; i++) await screen.page.mouse.wheel(-200, 0);
      const wheel = await longestTask(screen.page, begin);
      const jump = await pageClock(screen.page);
      // A page that reads window by window grows while it is scrolled: the end is where the last application is.
      await expect
        .poll(async () => {
          await grid.evaluate((e) => {
            const scroller = e.scrollHeight > e.clientHeight ? e : (e.parentElement ?? e);
            scroller.scrollTo({ top: scroller.scrollHeight });
          });
          return screen.cell('app-1999', 'env-00').count();
        }, { timeout: 60_000 })
        .toBe(1);
      note('longest task while scrolling by the wheel', '100 ms', milliseconds(wheel));
      note('longest task while going to the last row', '100 ms', milliseconds(await longestTask(screen.page, jump)));

      await screen.page.getByRole('textbox', { name: /filter applications/i }).fill('app-1234');
      await screen.cell('app-1234', 'env-00').waitFor();
      await screen.page.getByText(/^Rows? 1( to 1)? of 1\b/).waitFor();
    });
  });

  test('a deployment by somebody else shows in the cell', async () => {
    await visit(async (screen) => {
      await screen.cell('app-0001', 'env-01').waitFor();
      await screen.settled();
      const begin = await pageClock(screen.page);
      const waits: number[] = [];
      // env-01 runs version 3 of 4: it goes back and forth.
      for (const version of ['4', '3', '4', '3', '4']) {
        const seen = screen.page.waitForFunction(
          (words) => document.querySelector(`[role="gridcell"][aria-label^="${words}"]`) && Date.now(),
          `app-0001 in env-01: runs ${version}`,
          { polling: 'raf' },
        );
        const { committed } = await deploy(server.url, 'app-0001', 'env-01', version);
        waits.push(((await (await seen).jsonValue()) as number) - committed);
      }
      note('from the answer to a commit until it is on the screen, median of 5 / worst', '1,000 ms', `${median(waits)} / ${Math.max(...waits)} ms`);
      note('longest task while that happens', '100 ms', milliseconds(await longestTask(screen.page, begin)));
    });
  });

  function note(what: string, target: string, measured: string) {
    figures.push({ what, target, measured });
  }
});

async function deploy(url: string, application: string, environment: string, version: string): Promise<{ committed: number }> {
  const response = await fetch(`${url}/api/v1/applications/${application}/environments/${environment}/deploy`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ version }),
  });
  const committed = Date.now();
  if (!response.ok) throw new Error(`deploy answered ${response.status}: ${await response.text()}`);
  return { committed };
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} KB`;
}

function milliseconds(ms: number): string {
  return ms === 0 ? 'none over 50 ms' : `${Math.round(ms)} ms`;
}

function table(figures: Figure[]): string {
  const rows = figures.map((f) => `| ${f.what} | ${f.target} | ${f.measured} |`);
  return ['', `| ${APPLICATIONS.toLocaleString('en')} applications x ${ENVIRONMENTS} environments | target | measured, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)} |`, '|---|---|---|', ...rows].join('\n');
}
