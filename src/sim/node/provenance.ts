/**
 * Where a message or a state comes from, written into it by the simulated hosts, beneath the protocol: whatever way the
 * protocol sends it, the receiving host sees which deployment and state epoch it really belongs to (law 3).
 */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../model/names.ts';
import { counting, highest, isLower } from '../laws/order.ts';

export interface Provenance {
  readonly deployment: PayloadHash;
  /** The state epoch in which it was made: the last scrub or removal that its node knew, or null. */
  readonly stateEpoch: PayloadHash | null;
}

export interface Marked<T> {
  readonly from: Provenance;
  readonly content: T;
}

/** A state, and when it was taken of its instance, by the true time. */
export interface MarkedState extends Marked<string> {
  readonly takenAt: number;
}

export const HASH_DIGITS = 64;
const NONE = '-'.repeat(HASH_DIGITS);
const MARK_LENGTH = 2 * HASH_DIGITS;
const TIME_LENGTH = 16;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The state epoch of a module among these records. */
export function stateEpochAmong(records: readonly VerifiedDeployment[], module: ModuleName): PayloadHash | null {
  const opening = counting(records).filter(
    ({ deployment }) => deployment.module === module && (deployment.scrub || deployment.code === null),
  );
  return highest(opening)?.hash ?? null;
}

/** Whether it was made by a fallback that is older than the deployment which opened its state epoch, as far as the records tell. */
export function isOutdated(records: readonly VerifiedDeployment[], { deployment, stateEpoch }: Provenance): boolean {
  const [made, opening] = [deployment, stateEpoch].map((wanted) => records.find(({ hash }) => hash === wanted));
  return made !== undefined && opening !== undefined && isLower(made, opening);
}

export function markState(state: string, from: Provenance, takenAt: number): string {
  return markOf(from) + takenAt.toFixed(1).padStart(TIME_LENGTH, '0') + state;
}

export function readState(marked: string): MarkedState {
  const { from, content } = readMarked(marked);
  return { from, takenAt: Number(content.slice(0, TIME_LENGTH)), content: content.slice(TIME_LENGTH) };
}

export function markBody(body: string, from: Provenance): Uint8Array {
  return encoder.encode(markOf(from) + body);
}

export function readBody(marked: Uint8Array): Marked<string> {
  return readMarked(decoder.decode(marked));
}

function readMarked(marked: string): Marked<string> {
  return { from: parseMark(marked.slice(0, MARK_LENGTH)), content: marked.slice(MARK_LENGTH) };
}

function markOf({ deployment, stateEpoch }: Provenance): string {
  return deployment + (stateEpoch ?? NONE);
}

function parseMark(mark: string): Provenance {
  const stateEpoch = mark.slice(HASH_DIGITS);
  return { deployment: mark.slice(0, HASH_DIGITS) as PayloadHash, stateEpoch: stateEpoch === NONE ? null : (stateEpoch as PayloadHash) };
}
