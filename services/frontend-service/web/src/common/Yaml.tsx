import type { ReactNode } from 'react';
import classes from './Diff.module.css';

const LINE = /^(\s*(?:- +)*)([\w./"'~*<-][^:#]*?)(:)(\s+.*|)$/;

/** One line of YAML: its key, its value, or its comment, with a part of it marked. */
export function Yaml({ text, mark }: { text: string; mark?: [number, number] }) {
  if (/^\s*#/.test(text)) return <span className={classes.comment}>{marked(text, 0, mark)}</span>;
  const parts = LINE.exec(text);
  if (!parts) {
    const item = /^(\s*(?:- +)+)(.*)$/.exec(text);
    if (!item) return marked(text, 0, mark);
    const [, before = '', value = ''] = item;
    return (
      <>
        {marked(before, 0, mark)}
        <span className={classes.value}>{marked(value, before.length, mark)}</span>
      </>
    );
  }
  const [, indent = '', key = '', colon = '', value = ''] = parts;
  const at = indent.length + key.length + colon.length;
  return (
    <>
      {marked(indent, 0, mark)}
      <span className={classes.key}>{marked(key, indent.length, mark)}</span>
      {marked(colon, indent.length + key.length, mark)}
      <span className={value.includes('(not shown') ? classes.notShown : classes.value}>{marked(value, at, mark)}</span>
    </>
  );
}

/** A part of a line that begins at `from`, with what the mark covers of it marked. */
function marked(part: string, from: number, mark?: [number, number]): ReactNode {
  if (!mark) return part;
  const [start, end] = [Math.max(0, mark[0] - from), Math.min(part.length, mark[1] - from)];
  if (start >= end) return part;
  return (
    <>
      {part.slice(0, start)}
      <mark>{part.slice(start, end)}</mark>
      {part.slice(end)}
    </>
  );
}
