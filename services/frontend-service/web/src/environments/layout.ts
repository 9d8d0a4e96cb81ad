// Where the promotion graph's boxes stand: a column for each step away from the newest releases, a box for each group.
import type { Environment } from '../api/types';

export const NODE = { width: 252, height: 124, stack: 76 };
const GAP = 14;
const PAD = { x: 16, top: 34, bottom: 16 };
const COLUMN = NODE.width + 2 * PAD.x + 108;
const BETWEEN = 36;

export interface Box {
  group: string;
  priority: Environment['priority'];
  x: number;
  y: number;
  width: number;
  height: number;
  environments: Environment[];
  /** Drawn as one pile: there are many, and nobody asked to see them. */
  folded: boolean;
}

export interface Place {
  environment: Environment;
  x: number;
  y: number;
}

export interface Arc {
  from: string;
  to: string;
}

export interface Chain {
  boxes: Box[];
  places: Place[];
  /** From upstream to the environment; ends of a folded group are `pile:<group>`. */
  arcs: Arc[];
}

/** Groups of more than this fold when the line is long. */
const FOLD = 5;
const LONG = 12;

/** Lays the chain out: pure, the same line always looks the same. Environments come in chain order. */
export function layout(environments: Environment[], unfolded: ReadonlySet<string>): Chain {
  const groups = new Map<string, Environment[]>();
  for (const e of environments) {
    const group = groupOf(e);
    groups.set(group, [...(groups.get(group) ?? []), e]);
  }
  const column = columns(groups);
  const row = new Map<string, number>(); // where an environment stands in its column, for the order of the next
  const boxes: Box[] = [];
  for (let c = 0; c <= Math.max(0, ...column.values()); c++) {
    const here = [...groups].filter(([group]) => column.get(group) === c);
    const weight = (list: Environment[]) => {
      const ups = list.map((e) => row.get(e.upstreamEnvironment ?? '')).filter((r) => r !== undefined);
      return ups.length ? ups.reduce((a, b) => a + b, 0) / ups.length : environments.length;
    };
    here.sort(([, a], [, b]) => weight(a) - weight(b));
    let n = 0;
    for (const [group, list] of here) {
      const sorted = [...list].sort((a, b) => weight([a]) - weight([b]));
      for (const e of sorted) row.set(e.name ?? '', n++);
      const folded = environments.length > LONG && list.length > FOLD && !unfolded.has(group);
      const inner = folded ? NODE.stack : sorted.length * (NODE.height + GAP) - GAP;
      boxes.push({
        group, priority: list[0]?.priority, x: c * COLUMN, y: 0, width: NODE.width + 2 * PAD.x, height: PAD.top + inner + PAD.bottom,
        environments: sorted, folded,
      });
    }
  }
  stand(boxes);
  return { boxes, places: boxes.flatMap(placesIn), arcs: arcsOf(environments, boxes) };
}

export function groupOf(e: Environment): string {
  return e.environmentGroup || e.name || '';
}

/** The column of each group: the distance of its nearest environment, without holes. What has no upstream stands at the start. */
function columns(groups: Map<string, Environment[]>): Map<string, number> {
  const distance = (list: Environment[]) => Math.min(...list.map((e) => (e.latest || e.upstreamEnvironment ? (e.distanceToUpstream ?? 0) : 0)));
  const steps = [...new Set([...groups.values()].map(distance))].sort((a, b) => a - b);
  return new Map([...groups].map(([group, list]) => [group, steps.indexOf(distance(list))]));
}

/** Stacks the boxes of each column and centres the columns on each other. */
function stand(boxes: Box[]) {
  const byColumn = new Map<number, Box[]>();
  for (const box of boxes) byColumn.set(box.x, [...(byColumn.get(box.x) ?? []), box]);
  const heightOf = (list: Box[]) => list.reduce((sum, b) => sum + b.height + BETWEEN, -BETWEEN);
  const tallest = Math.max(0, ...[...byColumn.values()].map(heightOf));
  for (const list of byColumn.values()) {
    let y = (tallest - heightOf(list)) / 2;
    for (const box of list) {
      box.y = y;
      y += box.height + BETWEEN;
    }
  }
}

function placesIn(box: Box): Place[] {
  if (box.folded) return [];
  return box.environments.map((environment, i) => ({ environment, x: box.x + PAD.x, y: box.y + PAD.top + i * (NODE.height + GAP) }));
}

function arcsOf(environments: Environment[], boxes: Box[]): Arc[] {
  const folded = new Set(boxes.filter((b) => b.folded).map((b) => b.group));
  const names = new Map(environments.map((e) => [e.name ?? '', e]));
  const end = (e: Environment) => (folded.has(groupOf(e)) ? `pile:${groupOf(e)}` : (e.name ?? ''));
  const arcs = new Map<string, Arc>();
  for (const e of environments) {
    const up = names.get(e.upstreamEnvironment ?? '');
    if (!up) continue;
    const arc = { from: end(up), to: end(e) };
    if (arc.from !== arc.to) arcs.set(`${arc.from}>${arc.to}`, arc);
  }
  return [...arcs.values()];
}

/** Where the pile of a folded box stands. */
export function pilePlace(box: Box): { x: number; y: number } {
  return { x: box.x + PAD.x, y: box.y + PAD.top };
}
