// The one way to the server: a client typed by the OpenAPI document. No page fetches by hand.
import createClient from 'openapi-fetch';
import { authorHeaders, whoAmI } from '../common/actor';
import type { paths } from './schema';

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: (request) => fetch(request) });

// What is written carries the name of who sits here; what is read does not.
api.use({
  onRequest({ request }) {
    if (request.method === 'GET') return;
    for (const [name, value] of Object.entries(authorHeaders(whoAmI()))) request.headers.set(name, value);
  },
});

/** A refusal or failure as the server words it (RFC 9457). */
export class Problem extends Error {
  readonly kind: string;
  readonly field: string;
  readonly rule: string;
  readonly remedy: string;
  readonly operationId: string;
  readonly status: number;
  /** Which action of a batch was refused. */
  readonly actionIndex?: number;

  constructor(status: number, body: unknown) {
    const p = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const text = (key: string) => (typeof p[key] === 'string' ? (p[key] as string) : '');
    super(text('detail') || text('message') || text('title') || `The server answered ${status}`);
    this.status = status;
    this.kind = text('kind') || 'internal';
    this.field = text('field');
    this.rule = text('rule');
    this.remedy = text('remedy');
    this.operationId = text('operationId');
    if (typeof p.actionIndex === 'number') this.actionIndex = p.actionIndex;
  }

  /** What it means for the person who clicked, in three words or so. */
  get verdict(): string {
    if (this.kind === 'unknown') return 'Outcome unknown, do not repeat.';
    return this.status >= 500 ? 'The server could not do it.' : 'Refused, nothing happened.';
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Unwraps an answer or throws the Problem it carries. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined) throw new Problem(response.status, error);
  return data;
}
