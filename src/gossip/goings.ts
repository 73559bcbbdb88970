/**
 * Whether a peer has left, by its own words and by what it does. Of its words that of the latest start holds: a farewell of its fifth start takes back the return into its fifth, and
 * a return into the sixth takes back the farewell of the fifth. Told again in another order, they say the same.
 */
import type { Farewell, Return } from '../trust/farewell.ts';
import { isBack } from './absence.ts';
import { REACHED } from './hint-entry.ts';
import type { Entry } from './hint-entry.ts';

/** It said goodbye. False where that was known, or it has lived since. */
export function left(entry: Entry, { incarnation, line }: Farewell, now: number): boolean {
  if (incarnation <= Math.max(entry.outlived ?? 0, entry.goodbye?.incarnation ?? 0)) return false;
  entry.goodbye = { incarnation, line, at: now };
  entry.believed = incarnation;
  delete entry.cameBack;
  return true;
}

/**
 * It said that it is there again. Null where that was known, or it has left since. `news`: a farewell was believed here that no word of its own had taken back, so others
 * may believe it still; though it has perhaps called here meanwhile.
 */
export function returned(entry: Entry, { incarnation, line }: Return): { readonly news: boolean } | null {
  const { goodbye, cameBack: back, outlived = 0, believed = 0 } = entry;
  if (incarnation <= Math.max(goodbye?.incarnation ?? 0, back?.incarnation ?? 0, outlived)) return null;
  if (goodbye !== undefined) comeBack(entry);
  entry.cameBack = { incarnation, line };
  entry.outlived = incarnation - 1;
  return { news: believed >= (back?.incarnation ?? 1) };
}

/** It called, in this start of its; null: it does not say in which. Whether that says more than was known. */
export function called(entry: Entry, incarnation: number | null, now: number, settleMs: number): boolean {
  const { goodbye, outlived = 0 } = entry;
  if (goodbye !== undefined && isBack(goodbye, incarnation, now, settleMs)) {
    comeBack(entry);
    entry.outlived = goodbye.incarnation;
    return true;
  }
  if (incarnation === null || incarnation - 1 <= outlived) return false;
  entry.outlived = incarnation - 1;
  return true;
}

function comeBack(entry: Entry): void {
  Object.assign(entry, REACHED);
  delete entry.goodbye;
}
