/**
 * Which records a node holds, by payload hash. A summary that is as long as the wire allows covers only the hashes
 * from its first to its last in cyclic order, so that a configuration of any size is compared piece by piece.
 */
import type { PayloadHash } from '../model/names.ts';
import type { Summary } from './messages.ts';

/** Most hashes in one summary. */
export const MAX_SUMMARY = 1_024;

/** All hashes, or a window of them that begins at a random place. */
export function summarize(sorted: readonly PayloadHash[], random: () => number): Summary {
  if (sorted.length < MAX_SUMMARY) return sorted;
  const begin = Math.floor(random() * sorted.length);
  return [...sorted.slice(begin), ...sorted.slice(0, begin)].slice(0, MAX_SUMMARY);
}

/** Whether the absence of a hash from the summary says that the other side lacks it. */
export function covers(summary: Summary): (hash: PayloadHash) => boolean {
  const first = summary[0];
  const last = summary[summary.length - 1];
  if (summary.length < MAX_SUMMARY || first === undefined || last === undefined) return () => true;
  return first <= last ? (hash) => hash >= first && hash <= last : (hash) => hash >= first || hash <= last;
}
