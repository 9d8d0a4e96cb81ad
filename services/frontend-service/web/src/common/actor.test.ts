import { afterEach, describe, expect, it, vi } from 'vitest';
import { carryOut } from '../api/commands';
import { actorProblem, authorHeaders, iAm, whoAmI } from './actor';

afterEach(() => {
  vi.unstubAllGlobals();
  iAm({});
});

/** Answers every command, and keeps what was asked. */
function server() {
  const asked: Request[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request);
    return Response.json({ id: 'op1', state: 'OPERATION_STATE_DONE' });
  });
  return asked;
}

describe('who sits here', () => {
  it('is the author of what they do, also with letters beyond ASCII', async () => {
    const asked = server();
    iAm({ name: 'Łukasz Weber', email: 'lw@shop.example' });
    await carryOut({ resume: { application: 'cart', environment: 'staging' } });
    const name = asked[0]?.headers.get('author-name') ?? '';
    expect(new TextDecoder().decode(Uint8Array.from(atob(name), (c) => c.charCodeAt(0)))).toBe('Łukasz Weber');
    expect(JSON.parse(localStorage.getItem('signalbox.actor') ?? '')).toEqual(whoAmI());
  });

  it('is the server’s default author when nobody said a name', async () => {
    const asked = server();
    await carryOut({ resume: { application: 'cart', environment: 'staging' } });
    expect(asked[0]?.headers.has('author-name')).toBe(false);
    expect(authorHeaders({ name: 'Anna' })).toEqual({});
  });

  it('has a name and an address on one line', () => {
    expect(actorProblem({ name: '', email: '' })).toBeUndefined();
    expect(actorProblem({ name: 'Anna', email: '' })).toBeTruthy();
    expect(actorProblem({ name: 'Anna <x>', email: 'a@b' })).toBeTruthy();
    expect(actorProblem({ name: 'A'.repeat(201), email: 'a@b' })).toBeTruthy();
  });
});

describe('a command', () => {
  it('goes to its own address, with its reason, once under its key', async () => {
    const asked = server();
    await carryOut({ deploy: { application: 'cart/1', environment: 'staging', version: '3' } }, { reason: 'because', key: 'k1' });
    const url = new URL(asked[0]?.url ?? '');
    expect(url.pathname).toBe('/api/v1/applications/cart%2F1/environments/staging/deploy');
    expect(Object.fromEntries(url.searchParams)).toEqual({ reason: 'because', idempotencyKey: 'k1' });
    expect(await asked[0]?.json()).toEqual({ version: '3' });
  });

  it('that is only tried has no key', async () => {
    const asked = server();
    await carryOut({ createLock: { id: 'l1' } }, { dryRun: true });
    expect(Object.fromEntries(new URL(asked[0]?.url ?? '').searchParams)).toEqual({ dryRun: 'true' });
  });

  it('of the clock is not sent', async () => {
    await expect(carryOut({ catchUp: {} })).rejects.toThrow('command of the clock');
  });
});
