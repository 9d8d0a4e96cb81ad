import { Button } from '@mantine/core';
import { type KeyboardEvent, useRef, useState } from 'react';
import classes from './Config.module.css';
import { getIn, spotAt } from './path';
import { type Kind, type Suggestion, suggestionsAt } from './schema';
import type { Draft } from './useDraft';

/** The document as text. Below it stands what the schema allows where the caret is; Ctrl-Space goes there. */
export function JsonEditor({ kind, draft }: { kind: Kind; draft: Draft }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [caret, setCaret] = useState(0);
  const spot = spotAt(draft.text, caret);
  const suggestions = suggestionsAt(kind, spot, getIn(draft.doc, spot.path));
  const place = (from: number, to = from) => {
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(from, to);
      setCaret(from);
    });
  };
  const insert = ({ insert: text }: Suggestion) => {
    // What is typed of the word already goes, with a quote that an editor's habit may have closed after it.
    const rest = draft.text.slice(caret).replace(spot.prefix || draft.text[spot.start] === '"' ? /^[\w-]*"?/ : '', '');
    draft.setText(draft.text.slice(0, spot.start) + text + rest);
    // The caret goes into what is to be filled in.
    place(spot.start + text.length - (/["\]}]$/.test(text) && spot.expects === 'key' ? 1 : 0));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey && event.key === ' ') {
      event.preventDefault();
      list.current?.querySelector('button')?.focus();
    }
  };
  return (
    <div className={classes.editor}>
      <textarea
        ref={area}
        className={classes.text}
        aria-label="The document as JSON"
        aria-describedby="json-help"
        aria-invalid={!!draft.wrong}
        spellCheck={false}
        value={draft.text}
        onChange={(e) => {
          draft.setText(e.currentTarget.value);
          setCaret(e.currentTarget.selectionStart);
        }}
        onSelect={(e) => setCaret(e.currentTarget.selectionStart)}
        onKeyDown={keys}
      />
      <div ref={list} className={classes.suggestions} role="group" aria-label="What may stand here" onKeyDown={(e) => move(e, () => place(caret))}>
        <span id="json-help">{suggestions.length ? 'May stand here (Ctrl-Space):' : 'Nothing to suggest here.'}</span>
        {suggestions.slice(0, 12).map((s) => (
          <button key={s.label} type="button" onClick={() => insert(s)}>
            {s.label}
            {s.required ? ' *' : ''}
          </button>
        ))}
        <span className="grow" />
        {draft.wrong && draft.wrong.line > 0 && (
          <Button variant="default" onClick={() => select(draft.text, draft.wrong?.line ?? 1, place)}>
            Go to line {draft.wrong.line}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Arrows move among the suggestions; Escape goes back to the text. */
function move(event: KeyboardEvent<HTMLDivElement>, back: () => void) {
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  if (event.key === 'Escape') back();
  else if (event.key === 'ArrowRight') buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
  else if (event.key === 'ArrowLeft') buttons[Math.max(at - 1, 0)]?.focus();
  else return;
  event.preventDefault();
}

function select(text: string, line: number, place: (from: number, to: number) => void) {
  const lines = text.split('\n');
  const from = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);
  place(from, from + (lines[line - 1]?.length ?? 0));
}
