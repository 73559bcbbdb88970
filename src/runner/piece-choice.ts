/** Which pieces come first. */

/** At most `count` of the pieces, those of least rank. */
export function leastOf(pieces: Iterable<number>, count: number, rankOf: (piece: number) => number): number[] {
  const chosen: { readonly piece: number; readonly rank: number }[] = [];
  for (const piece of pieces) {
    const rank = rankOf(piece);
    if (chosen.length === count && rank >= (chosen[count - 1]?.rank ?? 0)) continue;
    const at = chosen.findIndex((other) => rank < other.rank);
    chosen.splice(at === -1 ? chosen.length : at, 0, { piece, rank });
    chosen.length = Math.min(chosen.length, count);
  }
  return chosen.map(({ piece }) => piece);
}
