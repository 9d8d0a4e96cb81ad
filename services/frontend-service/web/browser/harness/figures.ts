// Figures of a page, taken in the browser itself.
import type { CDPSession, Page } from 'playwright-core';

declare global {
  interface Window {
    signalboxFigures: { firstCell?: number; longTasks: { at: number; ms: number }[] };
  }
}

/** Notes, from the first moment of a page, when the first cell of the matrix was painted and every long task. Runs in the page. */
export function observe() {
  const figures: Window['signalboxFigures'] = { longTasks: [] };
  window.signalboxFigures = figures;
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) figures.longTasks.push({ at: e.startTime, ms: e.duration });
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    if (!document.querySelector('[role="gridcell"]')) requestAnimationFrame(look);
    else requestAnimationFrame(() => (figures.firstCell = performance.now()));
  };
  requestAnimationFrame(look);
}

/** Milliseconds from the start of the navigation to the frame that showed the first cell. */
export async function firstUsefulPaint(page: Page): Promise<number> {
  await page.waitForFunction(() => window.signalboxFigures.firstCell !== undefined);
  return page.evaluate(() => window.signalboxFigures.firstCell ?? Number.NaN);
}

/** The longest task since a moment of the page's own clock, in milliseconds; tasks under 50 ms count as 0. */
export async function longestTask(page: Page, since: number): Promise<number> {
  return page.evaluate((from) => Math.max(0, ...window.signalboxFigures.longTasks.filter((t) => t.at >= from).map((t) => t.ms)), since);
}

export function pageClock(page: Page): Promise<number> {
  return page.evaluate(() => performance.now());
}

/** Counts bytes as they came over the network, headers included, by path. */
export class Transfer {
  readonly bytes = new Map<string, number>();
  private readonly urls = new Map<string, string>();

  private constructor(session: CDPSession) {
    session.on('Network.requestWillBeSent', (e) => this.urls.set(e.requestId, new URL(e.request.url).pathname));
    session.on('Network.loadingFinished', (e) => {
      const path = this.urls.get(e.requestId) ?? '';
      this.bytes.set(path, (this.bytes.get(path) ?? 0) + e.encodedDataLength);
    });
  }

  static async of(page: Page): Promise<Transfer> {
    const session = await page.context().newCDPSession(page);
    const transfer = new Transfer(session);
    await session.send('Network.enable');
    return transfer;
  }

  /** The sum of everything whose path begins so. */
  sum(prefix: string): number {
    return [...this.bytes].filter(([path]) => path.startsWith(prefix)).reduce((sum, [, n]) => sum + n, 0);
  }
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
