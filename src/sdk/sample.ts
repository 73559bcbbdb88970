/** At most `count` distinct members, in random order. */
export function sample<T>(from: readonly T[], count: number, random: () => number): T[] {
  const pool = [...from];
  const drawn: T[] = [];
  while (drawn.length < count && pool.length > 0) {
    const at = Math.floor(random() * pool.length);
    drawn.push(pool[at] as T);
    pool[at] = pool[pool.length - 1] as T;
    pool.pop();
  }
  return drawn;
}
