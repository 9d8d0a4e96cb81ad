// A unified diff as data: its lines with numbers, what changed within a line, the objects it touches, and the rows a page draws of it.

/** One line of a diff. Numbers count from 1; a line that is only on one side has only that side's. */
export interface Line {
  kind: 'same' | 'add' | 'del';
  old?: number;
  new?: number;
  text: string;
  /** What changed within the line: from where to where. */
  mark?: [number, number];
}

/** A stretch of changes with the lines around it; an empty side ends one line before it starts. */
export interface Hunk {
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
  lines: Line[];
}

const HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Reads a unified diff; the lines before its first hunk name files and say nothing here. */
export function parseDiff(text: string): Hunk[] {
  const hunks: Hunk[] = [];
  let hunk: Hunk | undefined;
  let older = 0;
  let newer = 0;
  for (const raw of text.replace(/\n$/, '').split('\n')) {
    const head = HEAD.exec(raw);
    if (head) {
      const [oldStart, oldEnd] = span(head[1], head[2]);
      const [newStart, newEnd] = span(head[3], head[4]);
      hunk = { oldStart, oldEnd, newStart, newEnd, lines: [] };
      hunks.push(hunk);
      older = oldStart;
      newer = newStart;
    } else if (hunk && raw.startsWith('+')) hunk.lines.push({ kind: 'add', new: newer++, text: raw.slice(1) });
    else if (hunk && raw.startsWith('-')) hunk.lines.push({ kind: 'del', old: older++, text: raw.slice(1) });
    else if (hunk && !raw.startsWith('\\')) hunk.lines.push({ kind: 'same', old: older++, new: newer++, text: raw.slice(1) });
  }
  for (const h of hunks) markChanges(h.lines);
  return hunks;
}

/** An empty span is named by the line before it. */
function span(start = '0', length = '1'): [number, number] {
  const first = Number(length) === 0 ? Number(start) + 1 : Number(start);
  return [first, first + Number(length) - 1];
}

/** Where as many lines went as came, each pair is compared: what both begin and end with did not change. */
function markChanges(lines: Line[]) {
  for (const { dels, adds } of runsOf(lines)) {
    if (dels.length !== adds.length) continue;
    dels.forEach((del, i) => {
      const add = adds[i];
      if (!add) return;
      const marks = difference(del.text, add.text);
      if (marks) [del.mark, add.mark] = marks;
    });
  }
}

/** The stretches of removed lines with the added ones that took their place. */
function runsOf(lines: Line[]): { dels: Line[]; adds: Line[] }[] {
  const runs: { dels: Line[]; adds: Line[] }[] = [];
  let run: { dels: Line[]; adds: Line[] } | undefined;
  for (const line of lines) {
    if (line.kind === 'same') {
      run = undefined;
      continue;
    }
    if (!run || (line.kind === 'del' && run.adds.length > 0)) runs.push((run = { dels: [], adds: [] }));
    (line.kind === 'del' ? run.dels : run.adds).push(line);
  }
  return runs;
}

/** What differs between two lines; undefined where hardly anything is the same, so that marking would say nothing. */
export function difference(a: string, b: string): [[number, number], [number, number]] | undefined {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [isWord, indent] = [/[\w.-]/, a.length - a.trimStart().length];
  // Whole words read better than the letters in which they differ: 2.14.1 and 2.15.0, not 4.1 and 5.0.
  while (head > indent && isWord.test(a[head - 1] ?? '')) head--;
  while (tail > 0 && isWord.test(a[a.length - tail] ?? '')) tail--;
  if (head <= indent && tail === 0) return undefined;
  return [
    [head, a.length - tail],
    [head, b.length - tail],
  ];
}

/** An object of a manifest: its lines, what it is and what it is called. */
export interface Thing {
  from: number;
  to: number;
  name: string;
}

/** The objects of a YAML stream, as far as their top lines say what they are. */
export function thingsOf(lines: string[]): Thing[] {
  const things: Thing[] = [];
  let start = 0;
  for (let i = 0; i <= lines.length; i++) {
    if (i < lines.length && !/^---(\s|$)/.test(lines[i] ?? '')) continue;
    const name = nameOf(lines.slice(start, i));
    if (name) things.push({ from: start + 1, to: i, name });
    start = i;
  }
  return things;
}

function nameOf(lines: string[]): string {
  let kind = '';
  let name = '';
  let inMetadata = false;
  for (const line of lines) {
    const top = /^(\w+):\s*(.*?)\s*$/.exec(line);
    if (top) inMetadata = top[1] === 'metadata';
    if (top?.[1] === 'kind') kind = top[2] ?? '';
    const child = inMetadata && !name ? /^ {1,4}name:\s*(.*?)\s*$/.exec(line) : null;
    if (child) name = child[1] ?? '';
  }
  return [kind, name].filter(Boolean).join(' ').replaceAll(/["']/g, '');
}

/** How many objects of how many a diff touches; objects that went count on both sides. */
export function touched(hunks: Hunk[], things: Thing[]): { changed: number; all: number } {
  const changed = new Set<number>();
  let gone = 0;
  for (const hunk of hunks) {
    for (const { dels, adds } of runsOf(hunk.lines)) {
      const removed = dels.filter((l) => /^kind:/.test(l.text)).length;
      if (removed && adds.length === 0) {
        gone += removed;
        continue;
      }
      const at = adds[0]?.new ?? nextNew(hunk, dels[dels.length - 1]);
      const last = adds[adds.length - 1]?.new ?? at;
      things.forEach((t, i) => {
        if (t.from <= last && at <= t.to) changed.add(i);
      });
    }
  }
  return { changed: changed.size + gone, all: things.length + gone };
}

/** The line of the new side that follows a removed one. */
function nextNew(hunk: Hunk, del: Line | undefined): number {
  const after = del ? hunk.lines.slice(hunk.lines.indexOf(del) + 1) : [];
  return after.find((l) => l.new !== undefined)?.new ?? hunk.newEnd;
}

/** What a page draws: unchanged lines left out, the head of a stretch, and lines beneath or beside each other. */
export type Row =
  | { type: 'gap'; key: string; count: number; gap: number; canOpen: boolean }
  | { type: 'head'; key: string; text: string }
  | { type: 'line'; key: string; line: Line }
  | { type: 'pair'; key: string; left?: Line; right?: Line };

interface Drawn {
  /** The new side whole, to name objects and to show what is left out; undefined while it is not known. */
  full?: string[];
  /** Gaps that are open, by number. */
  open: ReadonlySet<number>;
  split: boolean;
}

/** The rows of a diff. */
export function rowsOf(hunks: Hunk[], { full, open, split }: Drawn): Row[] {
  const rows: Row[] = [];
  const things = full ? thingsOf(full) : [];
  const add = (lines: Line[]) => rows.push(...(split ? pairs(lines) : lines.map((line): Row => ({ type: 'line', key: keyOf(line), line }))));
  const gap = (number: number, oldFrom: number, newFrom: number, newTo: number) => {
    const count = newTo - newFrom + 1;
    if (count <= 0) return;
    if (!full || !open.has(number)) {
      rows.push({ type: 'gap', key: `gap${number}`, count, gap: number, canOpen: !!full });
      return;
    }
    add(Array.from({ length: count }, (_, i): Line => ({ kind: 'same', old: oldFrom + i, new: newFrom + i, text: full[newFrom + i - 1] ?? '' })));
  };
  let old = 1;
  let next = 1;
  hunks.forEach((hunk, i) => {
    gap(i, old, next, hunk.newStart - 1);
    rows.push({ type: 'head', key: `head${i}`, text: headOf(hunk, things) });
    add(hunk.lines);
    old = hunk.oldEnd + 1;
    next = hunk.newEnd + 1;
  });
  if (full && hunks.length > 0) gap(hunks.length, old, next, full.length);
  return rows;
}

function headOf(hunk: Hunk, things: Thing[]): string {
  const changed = hunk.lines.find((l) => l.kind !== 'same');
  const at = changed?.new ?? nextNew(hunk, changed);
  const thing = things.find((t) => t.from <= at && at <= t.to)?.name;
  const [from, to] = hunk.newEnd >= hunk.newStart ? [hunk.newStart, hunk.newEnd] : [hunk.oldStart, hunk.oldEnd];
  const lines = from === to ? `line ${from}` : `lines ${from} to ${to}`;
  return thing ? `${thing}, ${lines}` : `${lines[0]?.toUpperCase()}${lines.slice(1)}`;
}

function pairs(lines: Line[]): Row[] {
  const rows: Row[] = [];
  const push = (left?: Line, right?: Line) => rows.push({ type: 'pair', key: `${left?.old ?? ''}:${right?.new ?? ''}`, left, right });
  let dels: Line[] = [];
  let adds: Line[] = [];
  const flush = () => {
    for (let i = 0; i < Math.max(dels.length, adds.length); i++) push(dels[i], adds[i]);
    dels = [];
    adds = [];
  };
  for (const line of lines) {
    if (line.kind === 'del') {
      if (adds.length) flush();
      dels.push(line);
    } else if (line.kind === 'add') adds.push(line);
    else {
      flush();
      push(line, line);
    }
  }
  flush();
  return rows;
}

function keyOf(line: Line): string {
  return `${line.old ?? ''}:${line.new ?? ''}`;
}
