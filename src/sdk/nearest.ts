/** Suggests the existing name that is nearest to a misspelt one. */

/** Names further away than this are other names, not mistakes of the typed one. */
const MAX_DISTANCE = 3;

/** The nearest of the names, if it is near at all. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const ranked = names.map((name) => ({ name, away: distance(typed, name) })).toSorted((a, b) => a.away - b.away);
  const [best] = ranked;
  return best !== undefined && best.away <= Math.min(MAX_DISTANCE, Math.max(1, Math.floor(typed.length / 2))) ? best.name : undefined;
}

/** Levenshtein's, where two neighbours that changed places are one mistake. */
export function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  let twoAbove: number[] = [];
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const change = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = isSwap ? (twoAbove[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      line.push(Math.min(change, swap, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    twoAbove = above;
    above = line;
  }
  return above[b.length] ?? 0;
}
