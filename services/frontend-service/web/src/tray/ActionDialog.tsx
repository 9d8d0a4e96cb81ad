import { Button, Modal, Textarea } from '@mantine/core';
import { type ReactNode, useCallback, useRef, useState } from 'react';
import { carryOut } from '../api/commands';
import type { Action } from '../api/types';
import type { PlannedAction } from './action';
import { AnswerBox } from './AnswerBox';
import { useAttempt } from './attempt';
import { Conflict } from './Conflict';
import { Foresight, FromTo, useVersionName } from './Foresight';
import { useForeseen } from './preview';
import { storyOf } from './story';
import { tray } from './store';
import classes from './Tray.module.css';
import { usePlan } from './usePlan';

interface Props {
  /** Names the dialog: what is about to be done. */
  title: string;
  /** What it does; unset while the fields do not make an action yet. */
  planned?: PlannedAction;
  /** Why it cannot be carried out or planned yet; shown beside the buttons. */
  missing?: string;
  close: () => void;
  /** Fields to fill in. */
  children?: ReactNode;
  size?: number;
  /** The fields hold the words that say why: no reason is asked for beside them. */
  sayWhy?: boolean;
}

/** Shows what an action would do while its fields are filled in, asks for the reason where one is due, and carries it out or plans it. */
export function ActionDialog({ title, planned, missing, close, children, size = 560, sayWhy }: Props) {
  const [glass, setGlass] = useState<Action['deploy']>();
  const [reason, setReason] = useState('');
  const action = withChoice(planned?.action, glass);
  const foreseen = useForeseen(action ? [action] : []);
  const one = foreseen.data?.content === JSON.stringify([action]) ? foreseen.data?.foreseen[0] : undefined;
  const story = storyOf(action ?? {}, one?.effect, useVersionName(action?.deploy));
  const { plan } = usePlan();
  const run = useCarryOut(action, reason);
  const { answer } = run;
  const settled = answer.phase === 'done';
  const busy = answer.phase === 'sending' || answer.phase === 'unknown';
  const why = missing ?? (one?.refused ? 'Nothing can be done like this.' : story.demands && !sayWhy && !reason.trim() ? 'Give the reason.' : undefined);
  const asDecided = planned && action ? { ...planned, action } : undefined;
  return (
    <Modal opened onClose={close} title={<b className="dialogTitle">{title}</b>} size={size} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={classes.dialog}>
        {children}
        {action && <Effects action={action} foreseen={one} rows={story.rows} />}
        {foreseen.isError && <p className="ink2">The preview cannot be read now. What you do is decided on the newest state all the same.</p>}
        {action && <Conflict action={action} heldBy={one?.effect?.heldBy} change={(a) => setGlass(a.deploy)} disabled={busy || settled} />}
        {!sayWhy && !settled && (
          <Textarea
            label="Reason"
            description={story.demands ?? 'Stands in the history with your name.'}
            value={reason}
            onChange={(e) => setReason(e.currentTarget.value)}
            maxLength={1000}
            autosize
            minRows={2}
            maxRows={6}
            disabled={busy}
          />
        )}
        <AnswerBox answer={answer} again={() => void run.start()} sent={action} />
        <div className={classes.buttons}>
          <span className="grow small ink3">{settled ? '' : why}</span>
          <Button variant="default" onClick={close} data-autofocus={story.danger || undefined}>
            {settled || busy ? 'Close' : 'Keep it as it is'}
          </Button>
          {!settled && (
            <Button
              variant="default"
              disabled={!asDecided || !!missing || busy}
              onClick={() => {
                if (!asDecided) return;
                plan(asDecided);
                if (reason.trim() && !tray.snapshot().reason) tray.setReason(reason.trim());
                close();
              }}
            >
              Plan it
            </Button>
          )}
          {!settled && (
            <Button color={story.danger ? 'red' : undefined} loading={answer.phase === 'sending'} disabled={!action || !!why || busy} onClick={() => void run.start()}>
              {action ? story.verb : title}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}

/** The choice made at a conflict counts for the deployment it was made for. */
function withChoice(action: Action | undefined, choice: Action['deploy']): Action | undefined {
  const { deploy } = action ?? {};
  if (!action || !deploy || !choice) return action;
  const same = choice.application === deploy.application && choice.environment === deploy.environment && choice.version === deploy.version;
  return same ? { ...action, deploy: { ...deploy, lockBehavior: choice.lockBehavior } } : action;
}

/** One command under one key: another command gets another key. */
function useCarryOut(action: Action | undefined, reason: string) {
  const sent = useRef<{ content: string; key: string }>(undefined);
  const send = () => {
    const content = JSON.stringify([action, reason.trim()]);
    if (sent.current?.content !== content) sent.current = { content, key: crypto.randomUUID() };
    return carryOut(action ?? {}, { reason: reason.trim(), key: sent.current.key });
  };
  const ended = useCallback(() => {
    sent.current = undefined;
  }, []);
  return useAttempt(send, ended);
}

function Effects({ action, foreseen, rows }: { action: Action; foreseen: Parameters<typeof Foresight>[0]['foreseen']; rows: [string, string][] }) {
  return (
    <dl className={classes.rows} aria-live="polite">
      <dt>Changes</dt>
      <dd>
        <FromTo action={action} />
        <Foresight action={action} foreseen={foreseen} />
      </dd>
      {rows.map(([name, text]) => (
        <Row key={name} name={name} text={text} />
      ))}
    </dl>
  );
}

function Row({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}
