/** The lines in which two versions of a file differ. */
import { formatPatch, OMIT_HEADERS, structuredPatch } from 'diff';

/** Lines around a change. */
const CONTEXT = 3;
/** Files that are larger are built, not written: nobody reads their lines. */
export const MAX_TEXT_BYTES = 256 * 1024;
/** Lines added and removed; beyond them the search costs seconds, and the answer is a new file. */
const MAX_EDITS = 2_000;

/** Why there are no lines to show. */
export type Untold = 'binary' | 'large';

/** Hunks as `diff -u` writes them, without its head; or why there are none. */
export function textDifference(before: Uint8Array, after: Uint8Array): { readonly hunks: string } | { readonly untold: Untold } {
  if (before.length > MAX_TEXT_BYTES || after.length > MAX_TEXT_BYTES) return { untold: 'large' };
  const [old, young] = [textOf(before), textOf(after)];
  if (old === null || young === null) return { untold: 'binary' };
  const patch = structuredPatch('', '', old, young, '', '', { context: CONTEXT, maxEditLength: MAX_EDITS });
  return patch === undefined ? { untold: 'large' } : { hunks: formatPatch(patch, OMIT_HEADERS) };
}

/** Null for what is no text: bytes that are no UTF-8, or a zero byte, as git has it. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
