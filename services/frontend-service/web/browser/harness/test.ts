// What a browser test begins with: a server of its own with data of its own, and pages that count what goes wrong on their console.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { expect, inject, test as base } from 'vitest';
import { browserProgram } from './places';
import { Screen } from './screen';
import { Server } from './server';
import { Wire } from './wire';

/** How a page is opened: what a person's screen and taste are. */
export interface View {
  dark?: boolean;
  width?: number;
  height?: number;
  /** Opens it beside the pages of this one, as another tab: same storage. */
  beside?: Screen;
}

export type Open = (path: string, view?: View) => Promise<Screen>;

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-dev-shm-usage'];

/** Starts the browser; it ends with this process at the latest. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserProgram(), args: FLAGS });
}

/** Opens pages of one server, and closes them all at the end; what their consoles complained of is an error then. */
export class Viewer {
  private readonly screens: Screen[] = [];
  private readonly contexts: BrowserContext[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly url: string,
  ) {}

  open: Open = async (path, view = {}) => {
    const context = view.beside?.page.context() ?? (await this.context(view));
    const screen = new Screen(await context.newPage());
    this.screens.push(screen);
    await screen.page.goto(path.startsWith('/') ? this.url + path : path);
    return screen;
  };

  private async context(view: View): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      viewport: { width: view.width ?? 1440, height: view.height ?? 900 },
      colorScheme: view.dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
    });
    context.setDefaultTimeout(20_000);
    this.contexts.push(context);
    return context;
  }

  /** Closes everything; answers what the consoles complained of. */
  async close(): Promise<string[]> {
    for (const context of this.contexts) await context.close();
    return this.screens.flatMap((s) => s.complaints);
  }
}

interface World {
  browser: Browser;
  /** A server with the demo data: a web shop of twelve applications in four environments. */
  shop: Server;
  /** A server with nothing but its environments. */
  empty: Server;
  /** A network to the shop that can go silent. */
  wire: Wire;
  /** Opens pages: of the shop, of the shop over the wire, of the empty server. */
  open: Open;
  openOverWire: Open;
  openEmpty: Open;
}

export const test = base.extend<World>({
  browser: [
    async ({}, use) => {
      const browser = await startBrowser();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  shop: async ({}, use) => withServer(inject('demo'), use),
  empty: async ({}, use) => withServer(undefined, use),
  wire: async ({ shop }, use) => {
    const wire = await Wire.to(shop.url);
    await use(wire);
    await wire.close();
  },
  open: async ({ browser, shop }, use) => withViewer(browser, shop.url, use),
  openOverWire: async ({ browser, wire }, use) => withViewer(browser, wire.url, use),
  openEmpty: async ({ browser, empty }, use) => withViewer(browser, empty.url, use),
});

async function withServer(data: string | undefined, use: (server: Server) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-browser-'));
  try {
    const dataDir = join(folder, 'data');
    if (data) await cp(data, dataDir, { recursive: true });
    const server = await Server.start({ dataDir });
    try {
      await use(server);
    } finally {
      await server.kill();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withViewer(browser: Browser, url: string, use: (open: Open) => Promise<void>) {
  const viewer = new Viewer(browser, url);
  let complaints: string[] = [];
  try {
    await use(viewer.open);
  } finally {
    complaints = await viewer.close();
  }
  expect(complaints, 'the console complained').toEqual([]);
}

export { expect };
