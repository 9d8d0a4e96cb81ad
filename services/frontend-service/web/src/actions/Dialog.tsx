import { Alert, Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../api/client';
import type { Operation } from '../api/types';

interface Props {
  title: string;
  /** The verb and object on the button, such as "Deploy checkout 12". */
  verb: string;
  danger?: boolean;
  /** Why the button cannot be used yet; shown beside it. */
  missing?: string;
  act: () => Promise<Operation>;
  close: () => void;
  children: ReactNode;
}

/** A dialog that says what will happen, does it once, and says how it ended: done, refused, or unknown. */
export function Dialog({ title, verb, danger, missing, act, close, children }: Props) {
  const run = useMutation({ mutationFn: act });
  const result = run.data;
  return (
    <Modal opened onClose={close} title={<b>{title}</b>} size={520}>
      <div style={{ display: 'grid', gap: 12 }}>
        {children}
        {run.isError && <Refusal error={run.error} />}
        {result && <Outcome operation={result} />}
        <div className="row">
          <span className="grow small ink3">{missing}</span>
          <Button variant="default" onClick={close}>
            {result ? 'Close' : 'Keep it as it is'}
          </Button>
          {!result && (
            <Button color={danger ? 'red' : undefined} loading={run.isPending} disabled={!!missing} onClick={() => run.mutate()}>
              {verb}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}

/** How a command ended, with its commit. */
function Outcome({ operation }: { operation: Operation }) {
  const text = operation.subject || (operation.result?.unchanged ? 'Nothing had to change.' : 'Done.');
  return (
    <Alert color="blue" p={8} role="status">
      {text}
      {operation.commit && <span className="mono ink3"> {operation.commit.slice(0, 10)}</span>}
    </Alert>
  );
}

/** Why it did not happen, in the server's words. */
export function Refusal({ error }: { error: Error }) {
  const problem = error instanceof Problem ? error : undefined;
  return (
    <Alert color={problem?.kind === 'unknown' ? 'orange' : 'red'} p={8} role="alert">
      <b>{problem?.verdict ?? 'The server cannot be reached.'}</b> {error.message}
      {problem?.remedy && <div>{problem.remedy}</div>}
      {problem?.operationId && <div className="small ink3">Operation {problem.operationId}</div>}
    </Alert>
  );
}
