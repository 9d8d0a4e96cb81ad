import { Button } from '@mantine/core';
import { IconAlertOctagonFilled, IconCircleCheck, IconInfoTriangle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Problem } from '../api/client';
import type { Action, Operation } from '../api/types';
import type { Answer } from './attempt';
import { reverseOf } from './reverse';
import classes from './Tray.module.css';
import { usePlan } from './usePlan';

interface Props {
  answer: Answer;
  /** Sends the same again under the same key. */
  again: () => void;
  /** Gives up asking; set where asking again would do it again. */
  forget?: () => void;
  /** What was sent: what takes it back can be planned. */
  sent?: Action;
}

/** How it ended: done with the commit, refused with the remedy, or not known yet. */
export function AnswerBox({ answer, again, forget, sent }: Props) {
  if (answer.phase === 'done') return <Done operation={answer.operation} sent={sent} />;
  if (answer.phase === 'refused') return <Refusal error={answer.error} />;
  if (answer.phase !== 'unknown') return null;
  return (
    <Box hue="orange" icon={<IconInfoTriangle size={16} />} alert>
      <b>Outcome unknown, do not repeat.</b> <Unknown operationId={answer.operationId} again={again} forget={forget} />
    </Box>
  );
}

function Unknown({ operationId, again, forget }: { operationId?: string } & Pick<Props, 'again' | 'forget'>) {
  if (operationId)
    return (
      <>
        We read main and say here how it ended.
        <div className="small ink2">Operation {operationId}</div>
      </>
    );
  if (forget)
    return (
      <>
        It was sent too long ago to ask again. <Link to="/history">The history</Link> says whether it happened.
        <div>
          <Button variant="default" mt={4} onClick={forget}>
            I have looked, plan it again
          </Button>
        </div>
      </>
    );
  return (
    <>
      The answer did not arrive. Finding out sends the same again; it is carried out once.
      <div>
        <Button variant="default" mt={4} onClick={again}>
          Find out
        </Button>
      </div>
    </>
  );
}

function Done({ operation, sent }: { operation: Operation; sent?: Action }) {
  const { plan } = usePlan();
  const count = sent?.batch?.actions?.length ?? 1;
  const reverse = sent && operation.commit ? reverseOf(sent, operation.result) : [];
  const unchanged = operation.result?.unchanged && !operation.commit;
  return (
    <Box hue="blue" icon={<IconCircleCheck size={16} />}>
      <b>{unchanged ? 'Nothing had to change.' : 'Done.'}</b> {operation.subject}{' '}
      {operation.commit && (
        <Link to="/history/$commit" params={{ commit: operation.commit }} className="mono">
          {operation.commit.slice(0, 10)}
        </Link>
      )}
      {(operation.warnings ?? []).map((w) => (
        <div key={w}>{w}</div>
      ))}
      {reverse.length > 0 && (
        <div>
          <Button variant="default" mt={4} onClick={() => reverse.forEach(plan)}>
            Plan the reverse{reverse.length < count ? ` of ${reverse.length} of ${count} actions` : ''}
          </Button>
        </div>
      )}
    </Box>
  );
}

/** Why it did not happen, or would not, in the server's words. */
export function Refusal({ error, verdict }: { error: Error; verdict?: string }) {
  const problem = error instanceof Problem ? error : undefined;
  return (
    <Box hue="red" icon={<IconAlertOctagonFilled size={16} />} alert>
      <b>{verdict ?? problem?.verdict ?? 'The server cannot be reached.'}</b> {ended(error.message)}
      {problem?.remedy && <div>{ended(problem.remedy.charAt(0).toUpperCase() + problem.remedy.slice(1))}</div>}
    </Box>
  );
}

// A message may begin with a name: it keeps its letters, and ends as a sentence.
function ended(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}

function Box({ hue, icon, alert, children }: { hue: 'blue' | 'red' | 'orange'; icon: ReactNode; alert?: boolean; children: ReactNode }) {
  return (
    <div className={classes.box} data-hue={hue} role={alert ? 'alert' : 'status'}>
      {icon}
      <div className={classes.boxText}>{children}</div>
    </div>
  );
}
