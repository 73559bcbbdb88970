/**
 * A module's state between the instance that gives it and the one that takes it: bytes of UTF-8 in pieces, opaque to everything in
 * between.
 */

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

export function bytesOf(state: StateBytes): number {
  return state.reduce((sum, piece) => sum + piece.length, 0);
}
