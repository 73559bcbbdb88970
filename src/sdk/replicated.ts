/**
 * What gossip authors need again and again, each by itself, on nothing but values: take one, or write your own.
 *
 * - `LastWriterMap`, with `HybridClock`: a map of which the last writer of a key wins, and deletions stay deleted;
 * - `ObservedRemoveMap`: a map of which a deletion takes away what was seen, and what is set at the same time stays;
 * - `digestsOf`, `summarize`, `plan`, `catchUp`: anti-entropy, which finds what two last-writer maps do not share;
 * - `EagerPush`, `Allowance`, `chooseToTell`: rumors, at once to a few, and with the rounds to whoever missed them.
 *
 * What peers say is read by the `parse…` functions, which throw `BadInput`; everything is bounded, and has a form in JSON for messages and for the state.
 */
export { Allowance } from './replicated/allowance.ts';
export { BUCKETS, catchUp, digestsOf, parseDigests, parseSummary, plan, summarize, summaryJson } from './replicated/anti-entropy.ts';
export type { Comparable, Digests, Row, Summary } from './replicated/anti-entropy.ts';
export { EagerPush } from './replicated/eager-push.ts';
export type { EagerPushOptions } from './replicated/eager-push.ts';
export { fingerprint } from './replicated/hash.ts';
export { HybridClock, isLater } from './replicated/hybrid-clock.ts';
export type { Stamp } from './replicated/hybrid-clock.ts';
export {
  compareEntries,
  compareVersions,
  entryJson,
  MAX_VERSION,
  parseEntry,
  parseKey,
  valueText,
} from './replicated/last-writer-entry.ts';
export type { LastWriterEntry } from './replicated/last-writer-entry.ts';
export { LastWriterMap, MAX_KEPT_KEYS, MAX_KEYS, MAX_TOMBSTONES } from './replicated/last-writer-map.ts';
export type { LastWriterOptions, Merge } from './replicated/last-writer-map.ts';
export { MAX_KEPT_BYTES, MAX_WRITTEN_BYTES, ObservedRemoveMap } from './replicated/observed-remove-map.ts';
export { chooseToTell } from './replicated/telling.ts';
export type { Told, Telling } from './replicated/telling.ts';
