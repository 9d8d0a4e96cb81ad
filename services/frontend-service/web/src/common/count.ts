/** A number with its noun: "1 lock", "3 locks". many is the noun's plural; one with an s when it is left out. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}
