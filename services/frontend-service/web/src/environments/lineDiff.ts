/** Unchanged lines that stand around a change. */
const AROUND = 3;

/** What changed between two short texts, as a unified diff without the names of files; empty when nothing did. */
export function lineDiff(before: string, after: string): string {
  const lines = pair(before === '' ? [] : before.split('\n'), after === '' ? [] : after.split('\n'));
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some((l) => l[0] !== ' '));
  const hunks: string[] = [];
  let [a, b] = [1, 1]; // the next line of either side
  for (let i = 0; i < lines.length; i++) {
    if (!near[i]) {
      a++;
      b++;
      continue;
    }
    let end = i;
    while (end < lines.length && near[end]) end++;
    const hunk = lines.slice(i, end);
    const old = hunk.filter((l) => l[0] !== '+').length;
    const fresh = hunk.filter((l) => l[0] !== '-').length;
    hunks.push(`@@ -${old ? a : 0},${old} +${fresh ? b : 0},${fresh} @@`, ...hunk);
    a += old;
    b += fresh;
    i = end - 1;
  }
  return hunks.join('\n');
}

/** All lines of both texts in order: " " the same, "-" gone, "+" new. By the longest common subsequence: a config has at most some hundred lines. */
function pair(a: string[], b: string[]): string[] {
  const length = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number) => length[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const row = length[i];
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i]}`);
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++]}`);
    else lines.push(`+${b[j++]}`);
  }
  return lines;
}
