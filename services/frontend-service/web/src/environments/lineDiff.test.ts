import { expect, it } from 'vitest';
import { lineDiff } from './lineDiff';

it('says which lines went and which came, with what stands around them', () => {
  const before = ['{', '  "a": 1,', '  "b": 2', '}'].join('\n');
  expect(lineDiff(before, before.replace('"b": 2', '"b": 3,\n  "c": 4'))).toBe('@@ -1,4 +1,5 @@\n {\n   "a": 1,\n-  "b": 2\n+  "b": 3,\n+  "c": 4\n }');
});
it('leaves out what is far from any change, and counts on', () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
  const after = before.with(1, 'other').with(18, 'other');
  expect(lineDiff(before.join('\n'), after.join('\n')).split('\n').filter((l) => l.startsWith('@@'))).toEqual(['@@ -1,5 +1,5 @@', '@@ -16,5 +16,5 @@']);
});
it('says nothing of texts that are the same', () => expect(lineDiff('a\nb', 'a\nb')).toBe(''));
it('shows a new document as new', () => expect(lineDiff('', '{}')).toBe('@@ -0,0 +1,1 @@\n+{}'));
