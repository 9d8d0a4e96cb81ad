import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../api/client';
import { carryOut } from '../api/commands';
import type { Action } from '../api/types';
import { getIn, type Json, lineOf, type Path, pathOf, pretty, setIn } from './path';
import type { Kind } from './schema';

/** What is wrong with a draft: where, and how to mend it. */
export interface Wrong {
  path: Path;
  /** Line of the text, from 1; 0 when it is not known. */
  line: number;
  message: string;
  remedy: string;
}

/** A document on its way to the manifest repo: its text, what it says, and what the server thinks of it. */
export function useDraft(kind: Kind, name: string, saved: Json) {
  const [base, setBase] = useState(() => pretty(saved));
  const [text, setText] = useState(base);
  const parsed = parse(text);
  const [checked] = useDebouncedValue(text, 400);
  const checkable = parse(checked).doc;
  const dry = useQuery({
    queryKey: ['line', 'config', kind, name, checked],
    queryFn: () => carryOut(commandOf(kind, name, checkable ?? {}), { dryRun: true, reason: 'check' }),
    enabled: checkable !== undefined && checked !== base,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const save = useMutation({
    mutationFn: (reason: string) => carryOut(commandOf(kind, name, parsed.doc ?? {}), { reason }),
    onSuccess: () => setBase(text),
  });
  const now = pretty(saved);
  return {
    text,
    setText,
    doc: parsed.doc,
    get: (path: Path) => getIn(parsed.doc, path),
    set: (path: Path, value: Json | undefined) => setText(pretty(setIn(parsed.doc, path, value))),
    base,
    changed: parsed.doc === undefined ? text !== base : pretty(parsed.doc) !== base,
    wrong: parsed.wrong ?? (dry.isError && checked !== base ? refusal(dry.error, checked) : undefined),
    checking: text !== checked || dry.isFetching,
    warnings: dry.data?.warnings ?? [],
    /** What stands in the repo now, when somebody changed it since the draft was begun. */
    theirs: now !== base && !save.isPending && now !== text ? now : undefined,
    takeTheirs: () => {
      setBase(now);
      setText(now);
    },
    keepMine: () => setBase(now),
    save,
  };
}

export type Draft = ReturnType<typeof useDraft>;

function commandOf(kind: Kind, name: string, config: Json): Action {
  const document = config as Record<string, never>;
  return kind === 'environment' ? { applyEnvironment: { environment: name, config: document } } : { applyEnvironmentGroup: { environmentGroup: name, config: document } };
}

function parse(text: string): { doc?: Json; wrong?: Wrong } {
  try {
    const doc = JSON.parse(text) as Json;
    if (doc === null || typeof doc !== 'object' || Array.isArray(doc)) return { wrong: { path: [], line: 1, message: 'It is not an object', remedy: 'write { and } around it' } };
    return { doc };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const line = text.slice(0, position).split('\n').length;
    return { wrong: { path: [], line, message: `It is not JSON at line ${line}`, remedy: 'mend the commas, quotes and brackets there' } };
  }
}

function refusal(error: Error, text: string): Wrong {
  const path = error instanceof Problem ? pathOf(error.field) : [];
  return { path, line: path.length ? lineOf(text, path) : 0, message: error.message, remedy: error instanceof Problem ? error.remedy : '' };
}
