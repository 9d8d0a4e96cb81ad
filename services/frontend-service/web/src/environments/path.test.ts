import { describe, expect, it } from 'vitest';
import { getIn, lineOf, pathOf, setIn, spotAt } from './path';

/** The spot where the text has a "|". */
const at = (text: string) => {
  const { path, expects, prefix } = spotAt(text.replace('|', ''), text.indexOf('|'));
  return [path, expects, prefix];
};

describe('a document', () => {
  it('is changed at one place and nowhere else', () => {
    const doc = { upstream: { latest: true }, argocd: { destination: { server: 'x' } } };
    expect(setIn(doc, ['argocd', 'destination', 'namespace'], 'shop')).toEqual({ upstream: { latest: true }, argocd: { destination: { server: 'x', namespace: 'shop' } } });
    expect(doc.argocd.destination).toEqual({ server: 'x' });
  });
  it('drops what became empty', () => expect(setIn({ a: { b: { c: 1 } }, d: 2 }, ['a', 'b', 'c'], undefined)).toEqual({ d: 2 }));
  it('gains and loses entries of lists', () => {
    const doc = setIn({}, ['trains', 0, 'name'], 'morning');
    expect(doc).toEqual({ trains: [{ name: 'morning' }] });
    expect(setIn(doc, ['trains', 0], undefined)).toBeUndefined();
    expect(getIn(doc, ['trains', 0, 'name'])).toBe('morning');
    expect(getIn(doc, ['trains', 1, 'name'])).toBeUndefined();
  });
});

describe('the place of a caret', () => {
  it('is a key of the object that is open', () => {
    expect(at('{|')).toEqual([[], 'key', '']);
    expect(at('{"upstream": {"|')).toEqual([['upstream'], 'key', '']);
    expect(at('{"a": 1, "up|')).toEqual([[], 'key', 'up']);
  });
  it('is a value of the field before it', () => {
    expect(at('{"freezeWindows": [{"name": "x", "kind": "d|')).toEqual([['freezeWindows', 0, 'kind'], 'value', 'd']);
    expect(at('{"freezeWindows": [{}, {"kind": |')).toEqual([['freezeWindows', 1, 'kind'], 'value', '']);
  });
  it('is not fooled by brackets and quotes in texts', () => expect(at('{"reason": "a \\"b\\" [{", "|')).toEqual([[], 'key', '']));
});

describe('a refusal', () => {
  const text = '{\n  "freezeWindows": [\n    {\n      "kind": "deny",\n      "schedule": "0 17 * *"\n    }\n  ]\n}';
  it('names a place', () => expect(pathOf('config.freezeWindows[0].schedule')).toEqual(['freezeWindows', 0, 'schedule']));
  it('is shown at its line', () => expect(lineOf(text, ['freezeWindows', 0, 'schedule'])).toBe(5));
  it('is shown at the nearest line when its field is not there', () => expect(lineOf(text, ['freezeWindows', 0, 'duration'])).toBe(3));
  it('has no line when nothing of it is there', () => expect(lineOf(text, ['approval', 'by'])).toBe(0));
});
