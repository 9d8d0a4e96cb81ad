import { describe, expect, it } from 'vitest';
import { Problem } from '../api/client';
import { answerOf, answerTo } from './attempt';

describe('an attempt', () => {
  it('is refused when the server says no: nothing happened', () => {
    expect(answerTo(new Problem(409, { kind: 'locked', detail: 'staging is locked' })).phase).toBe('refused');
    expect(answerTo(new Problem(400, { kind: 'invalid' })).phase).toBe('refused');
    expect(answerTo(new Problem(503, { kind: 'unavailable' })).phase).toBe('refused');
  });

  it('is unknown when the push has no answer, and can be read at its operation', () => {
    expect(answerTo(new Problem(504, { kind: 'unknown', operationId: 'op1' }))).toMatchObject({ phase: 'unknown', operationId: 'op1' });
  });

  it('is unknown when the connection broke or a gateway gave up', () => {
    expect(answerTo(new TypeError('Failed to fetch')).phase).toBe('unknown');
    expect(answerTo(new Problem(502, '<html>')).phase).toBe('unknown');
    expect(answerTo(new Problem(504, undefined)).phase).toBe('unknown');
  });

  it('ends when its operation has ended', () => {
    expect(answerOf({ id: 'op1', state: 'OPERATION_STATE_UNKNOWN' })).toEqual({ phase: 'unknown', operationId: 'op1' });
    expect(answerOf({ id: 'op1', state: 'OPERATION_STATE_DONE' }).phase).toBe('done');
    const refused = answerOf({ id: 'op1', state: 'OPERATION_STATE_REFUSED', error: { kind: 'locked', message: 'staging is locked', remedy: 'queue it', actionIndex: 1 } });
    expect(refused).toMatchObject({ phase: 'refused', error: { message: 'staging is locked', remedy: 'queue it', actionIndex: 1 } });
  });
});
