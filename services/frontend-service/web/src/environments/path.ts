// Reading and writing one place of a JSON document, and finding it in the text of the document.

export type Path = (string | number)[];
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The value at a path; undefined when there is none. */
export function getIn(doc: Json | undefined, path: Path): Json | undefined {
  let at: Json | undefined = doc;
  for (const key of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string | number, Json>)[key];
  }
  return at;
}

/** The document with another value at a path. Undefined removes it, and objects that became empty with it. */
export function setIn(doc: Json | undefined, path: Path, value: Json | undefined): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list = Array.isArray(doc) ? [...doc] : [];
    const next = setIn(list[key], rest, value);
    if (next === undefined) list.splice(key, 1);
    else list[key] = next;
    return list.length ? list : undefined;
  }
  const object: { [key: string]: Json } = doc !== null && typeof doc === 'object' && !Array.isArray(doc) ? { ...doc } : {};
  const next = setIn(object[key], rest, value);
  const fields = Object.entries({ ...object, [key]: next }).filter((field): field is [string, Json] => field[1] !== undefined);
  return fields.length ? Object.fromEntries(fields) : undefined;
}

/** The document as the manifest repo writes it: sorted keys, two spaces. */
export function pretty(doc: Json | undefined): string {
  return JSON.stringify(sorted(doc ?? {}), null, 2);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}

/** The path in a field that a refusal names: "config.freezeWindows[0].schedule" without the config. */
export function pathOf(field: string): Path {
  const inner = field.replace(/^(apply_environment(_group)?\.)?config\.?/, '');
  return [...inner.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) => (index === undefined ? (key ?? '') : Number(index)));
}

/** Where a caret stands in the text of a document that may not be whole yet. */
export interface Spot {
  /** The object or list that is open there, or the field whose value is. */
  path: Path;
  expects: 'key' | 'value';
  /** What is typed of it already, without quotes, and where that begins. */
  prefix: string;
  start: number;
}

interface Open {
  list: boolean;
  key?: string;
  index: number;
}

/** Reads the text up to the caret. It never fails: what is broken is read as far as it goes. */
export function spotAt(text: string, caret: number): Spot {
  const open: Open[] = [];
  let last = '';
  let start = caret;
  let expects: 'key' | 'value' = 'value';
  let i = 0;
  while (i < caret) {
    const c = text[i] ?? '';
    if (c === '"') {
      let end = i + 1;
      while (end < caret && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
      last = text.slice(i + 1, Math.min(end, caret));
      if (end >= caret) return { path: pathTo(open, expects), expects, prefix: last, start: i };
      const top = open.at(-1);
      if (top && !top.list && expects === 'key') top.key = last;
      i = end + 1;
      continue;
    }
    if (c === '{') {
      open.push({ list: false, index: 0 });
      expects = 'key';
    } else if (c === '[') {
      open.push({ list: true, index: 0 });
      expects = 'value';
    } else if (c === '}' || c === ']') {
      open.pop();
    } else if (c === ':') {
      expects = 'value';
    } else if (c === ',') {
      const top = open.at(-1);
      if (top?.list) top.index++;
      expects = top && !top.list ? 'key' : 'value';
      if (top) top.key = undefined;
    }
    if (/[{}[\]:,\s]/.test(c)) start = i + 1;
    i++;
  }
  return { path: pathTo(open, expects), expects, prefix: text.slice(start, caret), start };
}

function pathTo(open: Open[], expects: 'key' | 'value'): Path {
  const path: Path = [];
  for (const [i, o] of open.entries()) {
    const innermost = i === open.length - 1;
    if (o.list) path.push(o.index);
    else if (o.key !== undefined && !(innermost && expects === 'key')) path.push(o.key);
  }
  return path;
}

/** The line of the text, from 1, where the value at a path begins; the nearest outer one when it is not there. 0 when nothing is. */
export function lineOf(text: string, path: Path): number {
  let best = 0;
  let depth = -1;
  for (let i = 0; i <= text.length; i++) {
    if (i > 0 && !/[:,[{]/.test(text[i - 1] ?? '')) continue;
    const spot = spotAt(text, i);
    if (spot.expects !== 'value' || spot.path.length > path.length || spot.path.length <= depth) continue;
    if (spot.path.every((key, n) => key === path[n])) {
      depth = spot.path.length;
      best = text.slice(0, i + text.slice(i).search(/\S|$/)).split('\n').length;
    }
  }
  return depth > 0 ? best : 0;
}
