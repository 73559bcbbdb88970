/** Work on thousands of records, such as checking their signatures, that does not hold up everything else in the process. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Signatures checked before others get their turn: some 20 ms. As many records as a node sends at once. */
const SLICE = 64;

/** `items.map(act)`, in slices; rejects with what `act` throws first. */
export async function inSlices<T, U>(items: readonly T[], act: (item: T) => U): Promise<U[]> {
  const done: U[] = [];
  for (let at = 0; at < items.length; at += SLICE) {
    if (at > 0) await nextTurn();
    for (const item of items.slice(at, at + SLICE)) done.push(act(item));
  }
  return done;
}
