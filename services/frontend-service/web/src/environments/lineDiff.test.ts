import { expect, it } from 'vitest';
import { lineDiff } from './lineDiff';

it('says which lines went and which came, and keeps the others', () => {
  expect(lineDiff('{\n  "a": 1,\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 3,\n  "c": 4\n}')).toBe(' {\n   "a": 1,\n-  "b": 2\n+  "b": 3,\n+  "c": 4\n }');
});
it('says nothing of texts that are the same', () => expect(lineDiff('a\nb', 'a\nb')).toBe(' a\n b'));
