import { describe, expect, it } from 'vitest';
import { spotAt } from './path';
import { suggestionsAt } from './schema';

const suggest = (text: string, kind: 'environment' | 'group' = 'environment', present = {}) => {
  const caret = text.indexOf('|');
  return suggestionsAt(kind, spotAt(text.replace('|', ''), caret), present).map((s) => s.label);
};

describe('the editor suggests', () => {
  it('the fields of the object that is open, without those that are there', () => {
    expect(suggest('{"upstream": {"|')).toEqual(['environment', 'latest']);
    expect(suggest('{"upstream": {"|', 'environment', { latest: true })).toEqual(['environment']);
  });
  it('the fields of an entry, through references of the schema', () => expect(suggest('{"freezeWindows": [{"sch|')).toEqual(['schedule']));
  it('the values that a field may have', () => {
    expect(suggest('{"freezeWindows": [{"kind": "|')).toEqual(['"allow"', '"deny"']);
    expect(suggest('{"upstream": {"latest": t|')).toEqual(['true']);
  });
  it('only what settings of a group have', () => expect(suggest('{"|', 'group')).toEqual(['freezeWindows', 'releaseTrains']));
  it('nothing where the schema knows nothing', () => expect(suggest('{"nonsense": {"|')).toEqual([]));
});
