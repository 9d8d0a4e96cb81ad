import { describe, expect, it } from 'vitest';
import { difference, parseDiff, rowsOf, thingsOf, touched } from './diff';

const NEW = ['kind: Service', 'metadata:', '  name: checkout', 'spec: {}', '---', 'kind: Deployment', 'metadata:', '  name: checkout', '  labels:', '    name: other', 'spec:', '  image: shop/checkout:2.15.0', '  env: []'];
const DIFF = '--- a\n+++ b\n@@ -10,4 +10,4 @@\n     name: other\n spec:\n-  image: shop/checkout:2.14.1\n+  image: shop/checkout:2.15.0\n   env: []\n';

describe('a diff', () => {
  it('knows each line by its number on each side', () => {
    const [hunk] = parseDiff(DIFF);
    expect(hunk?.lines.map((l) => [l.kind, l.old, l.new])).toEqual([
      ['same', 10, 10],
      ['same', 11, 11],
      ['del', 12, undefined],
      ['add', undefined, 12],
      ['same', 13, 13],
    ]);
  });

  it('marks the word that changed, whole', () => {
    const [hunk] = parseDiff(DIFF);
    const marked = hunk?.lines.filter((l) => l.mark).map((l) => l.text.slice(...(l.mark ?? [0, 0])));
    expect(marked).toEqual(['2.14.1', '2.15.0']);
    expect(difference('    value: "2s"', '    value: "5s"')).toEqual([[12, 14], [12, 14]]);
    expect(difference('  a: 1', '  replicas: 2')).toBeUndefined();
  });

  it('says which object a stretch is in, and folds what did not change', () => {
    const rows = rowsOf(parseDiff(DIFF), { full: NEW, open: new Set(), split: false });
    expect(rows.slice(0, 2)).toEqual([
      { type: 'gap', key: 'gap0', count: 9, gap: 0, canOpen: true },
      { type: 'head', key: 'head0', text: 'Deployment checkout, lines 10 to 13' },
    ]);
    expect(rows).toHaveLength(7);
  });

  it('shows the folded lines when they are asked for', () => {
    const rows = rowsOf(parseDiff(DIFF), { full: NEW, open: new Set([0]), split: false });
    expect(rows[0]).toEqual({ type: 'line', key: '1:1', line: { kind: 'same', old: 1, new: 1, text: 'kind: Service' } });
    expect(rows).toHaveLength(15);
  });

  it('does without the whole manifest: lines alone, and nothing to unfold', () => {
    const rows = rowsOf(parseDiff(DIFF), { open: new Set([0]), split: false });
    expect(rows[0]).toMatchObject({ type: 'gap', canOpen: false });
    expect(rows[1]).toMatchObject({ text: 'Lines 10 to 13' });
  });

  it('puts what went beside what came', () => {
    const text = '@@ -1,3 +1,2 @@\n-a\n-b\n+c\n same\n';
    const rows = rowsOf(parseDiff(text), { open: new Set(), split: true }).filter((r) => r.type === 'pair');
    expect(rows.map((r) => [r.left?.text, r.right?.text])).toEqual([['a', 'c'], ['b', undefined], ['same', 'same']]);
  });

  it('begins with a manifest that comes and ends with one that goes', () => {
    const comes = parseDiff('--- /dev/null\n+++ b\n@@ -0,0 +1,2 @@\n+a\n+b\n');
    expect(rowsOf(comes, { full: ['a', 'b'], open: new Set(), split: false }).map((r) => r.type)).toEqual(['head', 'line', 'line']);
    const goes = parseDiff('--- a\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n');
    expect(goes[0]?.lines.map((l) => l.old)).toEqual([1, 2]);
    expect(rowsOf(goes, { open: new Set(), split: false })[0]).toMatchObject({ type: 'head', text: 'Lines 1 to 2' });
  });
});

describe('the objects of a manifest', () => {
  it('are named by kind and name, and counted where they change', () => {
    const things = thingsOf(NEW);
    expect(things.map((t) => t.name)).toEqual(['Service checkout', 'Deployment checkout']);
    expect(touched(parseDiff(DIFF), things)).toEqual({ changed: 1, all: 2 });
  });

  it('that went count, too', () => {
    const text = '@@ -13,4 +13,1 @@\n   env: []\n----\n-kind: Secret\n-metadata: {}\n';
    expect(touched(parseDiff(text), thingsOf(NEW))).toEqual({ changed: 1, all: 3 });
  });
});
