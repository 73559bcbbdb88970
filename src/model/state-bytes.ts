/**
 * A module's state between the instance that gives it and the one that takes it, as it is carried (`src/sdk/carried.ts`), in pieces: opaque to everything in
 * between.
 */
import { carriesBytes, MARK_BYTES } from '../sdk/carried.ts';

/** A file beside the code, with a state as it is carried: an instance that is handed none begins with that one (decision 64). */
export const SEED_FILE = 'gossip.state';

/** Large states come in pieces, so that no copy and no hash of one holds up the other modules of a node. */
export type StateBytes = readonly Uint8Array[];

const encoder = new TextEncoder();

export function stateOf(text: string): StateBytes {
  return [encoder.encode(text)];
}

export function textOf(state: StateBytes): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return state.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode();
}

/** Whether the state is bytes, and no text. */
export function isBytesState(state: StateBytes): boolean {
  return carriesBytes(state[0]);
}

/** How long the state is itself: what its limit is about. */
export function stateBytes(state: StateBytes): number {
  return bytesOf(state) - (isBytesState(state) ? MARK_BYTES : 0);
}

export function bytesOf(state: StateBytes): number {
  return state.reduce((sum, piece) => sum + piece.length, 0);
}
