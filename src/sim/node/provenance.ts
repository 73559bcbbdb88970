/**
 * Where a message or a state comes from, written into it by the simulated hosts, beneath the protocol: whatever way the
 * protocol sends it, the receiving host sees which deployment and state epoch it really belongs to (law 3).
 */
import type { StateBytes } from '../../model/state-bytes.ts';
import { carry, saidOfCarried } from '../../sdk/carried.ts';
import type { Said } from '../../sdk/content.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../model/names.ts';
import { counting, highest, isLower } from '../laws/order.ts';

export interface Provenance {
  readonly deployment: PayloadHash;
  /** The state epoch in which it was made: the last scrub or removal that its node knew, or null. */
  readonly stateEpoch: PayloadHash | null;
}

export interface Marked {
  readonly from: Provenance;
  readonly content: Said;
}

/** A state, and when it was taken of its instance, by the true time. */
export interface MarkedState extends Marked {
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

export function markState(state: Said, from: Provenance, takenAt: number): StateBytes {
  return [marked(markOf(from) + takenAt.toFixed(1).padStart(TIME_LENGTH, '0'), state)];
}

export function readState(state: StateBytes): MarkedState {
  const bytes = state.length === 1 ? (state[0] as Uint8Array) : Buffer.concat(state);
  const { from, content } = readMarked(bytes, MARK_LENGTH + TIME_LENGTH);
  return { from, content, takenAt: Number(decoder.decode(bytes.subarray(MARK_LENGTH, MARK_LENGTH + TIME_LENGTH))) };
}

export function markBody(body: Said, from: Provenance): Uint8Array {
  return marked(markOf(from), body);
}

export function readBody(body: Uint8Array): Marked {
  return readMarked(body, MARK_LENGTH);
}

/** All of it is ASCII but the content. */
function marked(mark: string, content: Said): Uint8Array {
  if (typeof content === 'string') return encoder.encode(mark + content);
  const carried = carry(content);
  const bytes = new Uint8Array(mark.length + carried.length);
  encoder.encodeInto(mark, bytes);
  bytes.set(carried, mark.length);
  return bytes;
}

function readMarked(bytes: Uint8Array, markLength: number): Marked {
  const from = parseMark(decoder.decode(bytes.subarray(0, MARK_LENGTH)));
  return { from, content: saidOfCarried(bytes.subarray(markLength)) };
}

function markOf({ deployment, stateEpoch }: Provenance): string {
  return deployment + (stateEpoch ?? NONE);
}

function parseMark(mark: string): Provenance {
  const stateEpoch = mark.slice(HASH_DIGITS);
  return { deployment: mark.slice(0, HASH_DIGITS) as PayloadHash, stateEpoch: stateEpoch === NONE ? null : (stateEpoch as PayloadHash) };
}
