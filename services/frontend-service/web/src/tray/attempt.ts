// Carrying out: once, however often it is tried, and with an answer that is true: done, refused, or not known yet.
import { useCallback, useEffect, useState } from 'react';
import { Problem } from '../api/client';
import { operation } from '../api/commands';
import type { Operation } from '../api/types';

/** Where an attempt stands. */
export type Answer =
  | { phase: 'idle' }
  | { phase: 'sending' }
  | { phase: 'done'; operation: Operation }
  | { phase: 'refused'; error: Error }
  /** Sent, and the outcome is not known: by the operation it can be read, without one the same key must be sent again. */
  | { phase: 'unknown'; operationId?: string; error?: Error };

const POLL_MS = 2000;

/** Reads a failure: a refusal changed nothing; whatever cut the answer off leaves the outcome open. */
export function answerTo(error: Error): Answer {
  if (!(error instanceof Problem)) return { phase: 'unknown', error };
  if (error.kind === 'unknown' || (error.operationId && error.status >= 500)) return { phase: 'unknown', operationId: error.operationId || undefined, error };
  // A gateway that gave up waiting says nothing about what became of the command.
  if (error.kind === 'internal' && (error.status === 502 || error.status === 504)) return { phase: 'unknown', error };
  return { phase: 'refused', error };
}

/** Reads an operation. */
export function answerOf(o: Operation): Answer {
  switch (o.state) {
    case 'OPERATION_STATE_DONE':
      return { phase: 'done', operation: o };
    case 'OPERATION_STATE_REFUSED':
      return { phase: 'refused', error: new Problem(409, { ...o.error, detail: o.error?.message }) };
    default:
      return { phase: 'unknown', operationId: o.id };
  }
}

/** One attempt: send starts it, and starts it again with the same key where the outcome is not known. */
export function useAttempt(send: () => Promise<Operation>, ended: (answer: Answer) => void) {
  const [answer, setAnswer] = useState<Answer>({ phase: 'idle' });
  const settle = useCallback(
    (next: Answer) => {
      setAnswer(next);
      if (next.phase === 'done' || next.phase === 'refused') ended(next);
    },
    [ended],
  );
  const start = async () => {
    setAnswer({ phase: 'sending' });
    try {
      settle(answerOf(await send()));
    } catch (error) {
      settle(answerTo(error as Error));
    }
  };
  const id = answer.phase === 'unknown' ? answer.operationId : undefined;
  useEffect(() => {
    if (!id) return;
    const abort = new AbortController();
    const timer = setInterval(() => {
      operation(id, abort.signal)
        .then((o) => {
          const next = answerOf(o);
          if (next.phase !== 'unknown') settle(next);
        })
        .catch(() => undefined); // the next round asks again
    }, POLL_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [id, settle]);
  return { answer, start, reset: () => setAnswer({ phase: 'idle' }) };
}
