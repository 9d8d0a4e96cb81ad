import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { cleanup, configure, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Action } from '../api/types';
import { tray } from './store';
import { TrayDock } from './Tray';
import { show, usePlan } from './usePlan';

const deploy = (application: string, environment: string) => ({
  title: `Deploy ${application} 3 to ${environment}`,
  action: { deploy: { application, environment, version: '3' } } satisfies Action,
});
const unlock = { title: 'Delete lock l1 on staging', action: { deleteLock: { scope: 'LOCK_SCOPE_ENVIRONMENT' as const, id: 'l1', environment: 'staging' } } };

type Answer = () => Response | Promise<Response>;

/** A server: production is locked, and what is sent in earnest gets the given answers, one after the other. */
function server(...answers: Answer[]) {
  const sent: { url: URL; body: unknown }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    const body = request.method === 'GET' ? undefined : ((await request.json()) as { actions?: Action[] });
    if (request.method === 'GET' || url.pathname === '/api/v1/preview') return Response.json({});
    if (url.searchParams.get('dryRun')) return Response.json({ result: { batch: { results: (body?.actions ?? []).map(decided) } } });
    sent.push({ url, body });
    return (answers.shift() ?? (() => Promise.reject(new TypeError('Failed to fetch'))))();
  });
  return sent;
}

function decided(a: Action) {
  if (a.deleteLock) return { deleteLock: { locks: [{ ...a.deleteLock, message: 'load test' }] } };
  const locked = a.deploy?.environment === 'production' && a.deploy.lockBehavior !== 'LOCK_BEHAVIOR_IGNORE';
  return { deploy: { ...a.deploy, previousVersion: '2', outcome: locked ? 'DEPLOY_OUTCOME_QUEUED' : 'DEPLOY_OUTCOME_DEPLOYED', because: locked ? 'environment lock l1' : undefined } };
}

const done: Answer = () => Response.json({ id: 'op1', state: 'OPERATION_STATE_DONE', commit: 'abcdef0123456789', subject: 'Batch of 2', result: {} });
const refused: Answer = () => Response.json({ kind: 'locked', detail: 'cart is locked', remedy: 'Queue it.', actionIndex: 1 }, { status: 409 });

function Page() {
  const { now } = usePlan();
  return (
    <>
      <button type="button" onClick={() => now(unlock)}>
        Delete lock l1
      </button>
      <TrayDock />
    </>
  );
}

async function open() {
  const router = createRouter({ routeTree: createRootRoute({ component: Page }), history: createMemoryHistory() });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return userEvent.setup();
}

// On a busy machine a step may take its time.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

beforeAll(() => {
  // What the component library asks of a browser and jsdom does not have.
  Object.defineProperty(document, 'fonts', { value: new EventTarget(), configurable: true });
  window.matchMedia = (query) => ({ matches: query.includes('min-width'), media: query, addEventListener: () => undefined, removeEventListener: () => undefined }) as unknown as MediaQueryList;
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
beforeEach(() => show({ open: true, now: undefined }));
afterEach(() => {
  cleanup();
  tray.ended(true);
  tray.remove(...tray.snapshot().cards.map((c) => c.id));
});

const apply = (n: number) => screen.findByRole('button', { name: n === 1 ? 'Apply 1 action' : `Apply ${n} actions` });

describe('the tray', () => {
  it('says the outcome before the click, applies one batch, and names the commit', async () => {
    const sent = server(done);
    tray.add(deploy('cart', 'staging'));
    tray.add(deploy('cart', 'production'));
    const user = await open();
    await screen.findByText(/Result: 1 deployed, 1 queued\./);
    await user.type(screen.getByLabelText(/Reason for all 2 actions/), 'incident 4711');
    await user.click(await apply(2));
    await screen.findByText(/Batch of 2/);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url.pathname).toBe('/api/v1/batch');
    expect(sent[0]?.url.searchParams.get('reason')).toBe('incident 4711');
    expect(sent[0]?.url.searchParams.get('idempotencyKey')).toBeTruthy();
    expect(screen.getByText('abcdef0123')).toBeTruthy();
    expect(tray.snapshot()).toEqual({ cards: [], reason: '' });
  });

  it('stays as it was after a refusal, and marks the card that was refused', async () => {
    const sent = server(refused, done);
    tray.add(deploy('cart', 'staging'));
    tray.add(deploy('pay', 'staging'));
    const before = tray.snapshot().cards.map((c) => c.title);
    const user = await open();
    await user.click(await apply(2));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('Refused, nothing happened. cart is locked');
    expect(alert.textContent).toContain('Queue it.');
    expect(tray.snapshot().cards.map((c) => c.title)).toEqual(before);
    const marked = screen.getAllByRole('listitem').filter((li) => li.dataset.refused);
    expect(marked.map((li) => li.getAttribute('aria-label'))).toEqual(['Deploy pay 3 to staging']);
    await user.click(await apply(2));
    await screen.findByText(/Batch of 2/);
    expect(sent[0]?.url.searchParams.get('idempotencyKey')).not.toBe(sent[1]?.url.searchParams.get('idempotencyKey'));
  });

  it('does not know the outcome when the answer is cut off, and finds out under the same key', async () => {
    const sent = server(() => Promise.reject(new TypeError('Failed to fetch')), done);
    tray.add(deploy('cart', 'staging'));
    tray.add(deploy('pay', 'staging'));
    const user = await open();
    await user.click(await apply(2));
    await screen.findByText('Outcome unknown, do not repeat.');
    expect((await apply(2)).hasAttribute('disabled')).toBe(true);
    await user.click(screen.getByRole('button', { name: 'Find out' }));
    await screen.findByText(/Batch of 2/);
    expect(sent.map((s) => s.url.searchParams.get('idempotencyKey'))).toEqual([sent[0]?.url.searchParams.get('idempotencyKey'), sent[0]?.url.searchParams.get('idempotencyKey')]);
    expect(sent[1]?.body).toEqual(sent[0]?.body);
  });

  it('queues what is held unless somebody chooses to break the glass, and then asks why', async () => {
    const sent = server(done);
    tray.add(deploy('cart', 'production'));
    const user = await open();
    const choice = await screen.findByRole('radiogroup', { name: /Held back by environment lock l1/ });
    expect((within(choice).getByLabelText('Queue it') as HTMLInputElement).checked).toBe(true);
    await user.click(within(choice).getByLabelText('Break the glass'));
    await screen.findByText(/Result: 1 deployed/);
    expect((await apply(1)).hasAttribute('disabled')).toBe(true);
    await user.type(screen.getByLabelText('Reason'), 'captures fail');
    await user.click(await apply(1));
    await screen.findByText(/Batch of 2/);
    expect(sent[0]?.url.pathname).toBe('/api/v1/applications/cart/environments/production/deploy');
    expect(sent[0]?.body).toEqual({ version: '3', lockBehavior: 'LOCK_BEHAVIOR_IGNORE' });
  });
});

describe('something that takes away, at once', () => {
  it('keeps it as it is when somebody presses Enter', async () => {
    const sent = server(done);
    const user = await open();
    await user.click(await screen.findByRole('button', { name: 'Delete lock l1' }));
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findByText(/load test/);
    expect(document.activeElement?.textContent).toBe('Keep it as it is');
    await user.keyboard('{Enter}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(sent).toEqual([]);
  });

  it('asks for the reason first, and says how it ended', async () => {
    const sent = server(done);
    const user = await open();
    await user.click(await screen.findByRole('button', { name: 'Delete lock l1' }));
    const red = await screen.findByRole('button', { name: 'Delete 1 lock' });
    await screen.findByText(/load test/);
    expect(red.hasAttribute('disabled')).toBe(true);
    await user.type(screen.getByLabelText('Reason'), 'the load test is over');
    await user.click(red);
    await screen.findByText('Done.');
    expect(sent[0]?.url.pathname).toBe('/api/v1/locks/l1/delete');
    expect(sent[0]?.url.searchParams.get('reason')).toBe('the load test is over');
  });
});
