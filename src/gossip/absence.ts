/**
 * Who is not there. Whoever has said goodbye is asked no more; whoever has not been heard of for long is asked rarely, and the more rarely the longer that
 * is. Both come back by living: they call.
 */
import { jittered } from './timing.ts';

/** Calls that must fail first: silence alone says little of one that nobody has asked. */
const FAILURES_TO_BE_GONE = 3;
/** The next try comes after this part of the silence, and at the latest after the time that makes a node gone. */
const TRY_AFTER = 1 / 8;

export interface Presence {
  readonly failures: number;
  /** When it last called or answered, by the node's forward clock; the start of the core where it did neither since. */
  readonly livedAt: number;
  /** When it may be tried again, where it is gone. */
  readonly tryAt?: number;
  readonly goodbye?: { readonly incarnation: number; readonly line: string; readonly at: number };
}

/** Nobody here has heard of it for `goneMs`, and it fails. */
export function isGone({ failures, livedAt }: Presence, now: number, goneMs: number): boolean {
  return failures >= FAILURES_TO_BE_GONE && now - livedAt >= goneMs;
}

/** Gone, and its next try has not come. */
export function isResting(entry: Presence, now: number, goneMs: number): boolean {
  return isGone(entry, now, goneMs) && now < (entry.tryAt ?? 0);
}

/** When one that has failed just now may be asked again once it is gone. */
export function nextTry(livedAt: number, now: number, goneMs: number, random: () => number): number {
  return now + jittered(Math.min(goneMs, TRY_AFTER * (now - livedAt)), random);
}

/**
 * Whether a call says that a node is back which had said goodbye. One with a later start is; of a call that does not tell its start, or of a node whose disk
 * was set back, that is known once the last calls of before the goodbye must have come.
 */
export function isBack(goodbye: NonNullable<Presence['goodbye']>, incarnation: number | null, now: number, settleMs: number): boolean {
  return (incarnation !== null && incarnation > goodbye.incarnation) || now - goodbye.at > settleMs;
}
