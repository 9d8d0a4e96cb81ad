// One page as a person sees it, with the words of the product.
import AxeBuilder from '@axe-core/playwright';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { artefacts } from './places';

export class Screen {
  /** Errors on the console and exceptions nobody caught, but for what the test expects. */
  readonly complaints: string[] = [];
  private readonly expected: RegExp[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.complain(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complain(`${message.text()} (${message.location().url})`);
    });
  }

  private complain(text: string) {
    if (!this.expected.some((e) => e.test(text))) this.complaints.push(text);
  }

  /** The browser reports every failed request as an error: a test that refuses or breaks something says so first. */
  expects(complaint: RegExp) {
    this.expected.push(complaint);
  }

  /** The cell of the matrix for an application in an environment, whatever it says. */
  cell(application: string, environment: string): Locator {
    return this.page.getByRole('gridcell', { name: new RegExp(`^${application} in ${environment}:`) });
  }

  /** What a cell says to those who listen. */
  async says(application: string, environment: string): Promise<string> {
    return (await this.cell(application, environment).getAttribute('aria-label')) ?? '';
  }

  /** Goes to a cell and presses a key there. */
  async press(application: string, environment: string, key: string) {
    await this.cell(application, environment).focus();
    await this.page.keyboard.press(key);
  }

  /** The planned actions beside the page. */
  get tray(): Locator {
    return this.page.getByRole('complementary', { name: 'Planned actions' });
  }

  /** One planned action. */
  card(title: RegExp): Locator {
    return this.tray.getByRole('listitem', { name: title });
  }

  /** Applies everything that is planned, with a reason. */
  async apply(reason: string) {
    await this.tray.getByLabel(/Reason/).fill(reason);
    await this.tray.getByRole('button', { name: /^Apply \d+ action/ }).click();
    await this.tray.getByText('Done.').waitFor();
  }

  /** Says who sits here, as a person does it. */
  async iAm(name: string, email: string) {
    await this.button(/Say who you are|You are/).click();
    const form = this.page.getByRole('form', { name: 'Who you are' });
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('E-mail').fill(email);
    await form.getByRole('button', { name: 'Save' }).click();
    await this.button(`You are ${name}`).waitFor();
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  dialog(name?: string | RegExp): Locator {
    return this.page.getByRole('dialog', name ? { name } : {});
  }

  banner(text: string | RegExp): Locator {
    return this.page.getByRole('alert').filter({ hasText: text });
  }

  /** The page has what it was asked for: nothing is being loaded any more. */
  async settled() {
    await this.page.getByRole('main').waitFor();
    await this.page.waitForFunction(() => !document.querySelector('[aria-busy="true"]') && !document.querySelector('.mantine-Skeleton-root'));
    await this.page.evaluate(() => document.fonts.ready);
  }

  /** Keeps a picture of what is on the screen among the artefacts. */
  async picture(name: string) {
    await mkdir(artefacts, { recursive: true });
    await this.page.screenshot({ path: join(artefacts, `${name}.png`), animations: 'disabled' });
  }

  /** How many pixels the page is wider than the window. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** What axe finds that is serious or worse, one line each: the rule, and where. Other colours change nothing but the contrast. */
  async barriers(rules: 'all' | 'contrast' = 'all'): Promise<string[]> {
    const axe = new AxeBuilder({ page: this.page });
    if (rules === 'all') axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
    else axe.withRules(['color-contrast']);
    const result = await axe.analyze();
    return result.violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} (${n.failureSummary?.split('\n')[1]?.trim() ?? v.help})`));
  }
}
