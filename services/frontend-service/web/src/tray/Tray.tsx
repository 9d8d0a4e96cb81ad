import { ActionIcon, Button, Drawer, Textarea } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../api/client';
import { carryOut } from '../api/commands';
import type { Action } from '../api/types';
import { useNow } from '../common/Ago';
import { counted } from '../common/count';
import { ActionDialog } from './ActionDialog';
import { AnswerBox } from './AnswerBox';
import { type Answer, useAttempt } from './attempt';
import { CardView } from './CardView';
import { inWords, sentence, sum } from './effect';
import { type Foreseen, useForeseen } from './preview';
import { storyOf } from './story';
import { type Attempt, canAskAgain, type Card, tray, useTray } from './store';
import classes from './Tray.module.css';
import { DOCKED, show, useView } from './usePlan';

/** How long another tab may take before its attempt counts as lost. */
const OTHER_TAB_MS = 10_000;

/** The tray beside the page from 1280 pixels up, over it below; and the dialog of an action that is carried out at once. */
export function TrayDock() {
  const { open, now } = useView();
  const docked = useMediaQuery(DOCKED, true, { getInitialValueInEffect: false });
  const close = () => show({ open: false });
  return (
    <>
      {open && docked && <Tray close={close} />}
      {!docked && (
        <Drawer opened={open} onClose={close} position="right" size={360} padding={0} withCloseButton={false} title="Planned actions" styles={{ header: { display: 'none' }, body: { height: '100%' } }}>
          <Tray close={close} drawer />
        </Drawer>
      )}
      {now && <ActionDialog key={JSON.stringify(now)} title={now.title} planned={now} close={() => show({ now: undefined })} />}
    </>
  );
}

function Tray({ close, drawer }: { close: () => void; drawer?: boolean }) {
  const { cards, reason, attempt } = useTray();
  const preview = useForeseen(cards.map((c) => c.action));
  const foreseen = useNoted(cards, preview.data);
  const { answer, start, reset, refused, sent } = useApply();
  const isSent = (card: Card) => !!attempt?.ids.includes(card.id);
  return (
    <aside className={`${classes.tray} ${drawer ? classes.drawer : ''}`} aria-label="Planned actions">
      <header className={classes.head}>
        <h2>Planned actions</h2> <span className="count">{cards.length}</span>
        <span className="grow" />
        {cards.length > 0 && (
          <Button variant="subtle" color="gray" disabled={!!attempt} onClick={() => tray.remove(...cards.map((c) => c.id))}>
            Clear
          </Button>
        )}
        <ActionIcon variant="subtle" color="gray" onClick={close} aria-label="Close planned actions" data-autofocus>
          <IconX size={16} />
        </ActionIcon>
      </header>
      <ol className={classes.cards}>
        {cards.map((card, i) => (
          <CardView key={card.id} card={card} number={i + 1} foreseen={foreseen.get(card.id)} sent={isSent(card)} refused={card.id === refused} />
        ))}
        {cards.length === 0 && answer.phase === 'idle' && (
          <li className={classes.empty}>
            <b>Nothing is planned</b>
            <p>Deployments, locks and trains collect here when you choose &quot;Plan it&quot;. They go together, as one commit.</p>
          </li>
        )}
      </ol>
      <Foot cards={cards} reason={reason} foreseen={foreseen} stale={preview.isError} answer={answer} start={start} reset={reset} sent={sent} attempt={attempt} />
    </aside>
  );
}

interface FootProps {
  cards: Card[];
  reason: string;
  foreseen: Map<string, Foreseen>;
  stale: boolean;
  answer: Answer;
  start: () => void;
  reset: () => void;
  sent?: Action;
  attempt?: Attempt;
}

/** Says the outcome before the click, asks for one reason, and applies everything or nothing. */
function Foot({ cards, reason, foreseen, stale, answer, start, reset, sent, attempt }: FootProps) {
  const stories = cards.map((c) => storyOf(c.action, foreseen.get(c.id)?.effect, ''));
  const demands = stories.find((s) => s.demands)?.demands;
  const missing = whyNot(cards, foreseen);
  const reasonMissing = !!demands && !reason.trim();
  const effects = cards.flatMap((c) => foreseen.get(c.id)?.effect ?? []);
  const all = cards.length === 1 ? '1 action' : `${cards.length} actions`;
  const now = useNow();
  const inFlight = !!attempt;
  // Another tab sent it, or this one was closed before the answer came.
  const lost = attempt && answer.phase === 'idle' && now.getTime() - attempt.at > OTHER_TAB_MS;
  const forget = attempt && !canAskAgain(attempt, now) ? () => tray.forget() : undefined;
  if (cards.length === 0 && answer.phase === 'idle') return null;
  return (
    <footer className={classes.foot}>
      <AnswerBox answer={lost ? { phase: 'unknown' } : answer} again={start} forget={forget} sent={sent} />
      {answer.phase === 'done' && (
        <Button variant="default" onClick={reset}>
          Close the answer
        </Button>
      )}
      {cards.length > 0 && (
        <>
          <Textarea
            label={cards.length === 1 ? 'Reason' : `Reason for all ${all}`}
            description={demands ?? 'Stands in the history with your name.'}
            value={reason}
            onChange={(e) => tray.setReason(e.currentTarget.value)}
            maxLength={1000}
            autosize
            minRows={2}
            maxRows={5}
            disabled={inFlight}
          />
          <p className="small ink2" aria-live="polite">
            {stale ? 'The preview cannot be read now; everything is decided on the newest state.' : effects.length === 0 ? 'Working out what this does.' : `One commit, whole or not at all. Result: ${sentence(sum(effects))}.`}
          </p>
          {missing && <p className="small ink2">{missing}</p>}
          <Button fullWidth color={stories.some((s) => s.danger) ? 'red' : undefined} loading={answer.phase === 'sending'} disabled={!!missing || reasonMissing || inFlight} onClick={start}>
            Apply {all}
          </Button>
        </>
      )}
    </footer>
  );
}

function whyNot(cards: Card[], foreseen: Map<string, Foreseen>): string | undefined {
  const refused = cards.filter((c) => foreseen.get(c.id)?.refused).length;
  if (refused) return `${counted(refused, 'action')} would be refused, and then nothing happens. Take it out or change it.`;
  const changed = cards.filter((c) => c.changedFrom).length;
  if (changed) return `${counted(changed, 'action')} changed since you planned it. Look at it first.`;
  return undefined;
}

/**
 * Matches the preview with the cards, and notes what each card would do, so that a change by somebody else shows. While a new preview is on its way
 * the cards keep what they said.
 */
function useNoted(cards: Card[], data: { content: string; foreseen: Foreseen[] } | undefined): Map<string, Foreseen> {
  const content = JSON.stringify(cards.map((c) => c.action));
  const last = useRef<string>(undefined);
  useEffect(() => {
    if (!data || data.content !== content) return;
    tray.saw(new Map(cards.map((c, i) => [c.id, said(data.foreseen[i])])), last.current !== undefined && last.current !== content);
    last.current = content;
  }, [data, content, cards]);
  if (!data) return new Map();
  const byAction = new Map((JSON.parse(data.content) as Action[]).map((a, i) => [JSON.stringify(a), data.foreseen[i]]));
  return new Map(cards.flatMap((c) => [[c.id, byAction.get(JSON.stringify(c.action)) ?? {}]]));
}

function said(f: Foreseen | undefined): string {
  return f?.refused?.message ?? (f?.effect ? inWords(f.effect) : '');
}

function useApply() {
  const [ids, setIds] = useState<string[]>([]);
  const [sent, setSent] = useState<Action>();
  const { answer, start, reset } = useAttempt(send, ended);
  const begin = () => {
    const { attempt, cards } = tray.attempt();
    setIds(attempt.ids);
    setSent(asOne(cards));
    void start();
  };
  const problem = answer.phase === 'refused' && answer.error instanceof Problem ? answer.error : undefined;
  const refused = problem && ids[problem.actionIndex ?? (ids.length === 1 ? 0 : -1)];
  return { answer, start: begin, reset, refused, sent };
}

function send() {
  const { attempt, cards } = tray.attempt();
  return carryOut(asOne(cards), { reason: attempt.reason, key: attempt.key });
}

/** A single action is its own command: the history calls it what it is. */
function asOne(cards: Card[]): Action {
  const [first] = cards;
  return cards.length === 1 && first ? first.action : { batch: { actions: cards.map((c) => c.action) } };
}

function ended(answer: Answer) {
  tray.ended(answer.phase === 'done');
}
