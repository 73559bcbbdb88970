/** Bounds of one message, on both sides of the wire: what a node sends at most, and what it takes at most. */
import type { Envelope, VerifiedDeployment } from '../model/deployment.ts';
import type { VerifiedNote } from '../trust/node-note.ts';

/** Records that a node puts into one message; the rest follows with the next exchange. */
export const SENT_RECORDS = 64;
export const SENT_RECORD_BYTES = 1024 * 1024;
/** Records that a node takes in one message. */
export const MAX_RECORDS = 256;
/** Steps of the root that a node puts into one message, and takes in one. */
export const SENT_STEPS = { maxSteps: 32, maxBytes: 512 * 1024 } as const;
export const MAX_STEPS = 64;
/** Notes about nodes that a node puts into one message, and takes in one. */
export const SENT_NOTES = 64;
export const SENT_NOTE_BYTES = 128 * 1024;
export const MAX_NOTES_TOLD = 128;
/** Farewells that a node puts into one message, and takes in one. */
export const MAX_LEFT = 8;
/** Likewise words of return. */
export const MAX_BACK = 8;
/** Likewise tips. */
export const MAX_TIPS = 8;
/** Peers that a node takes in one message. */
export const MAX_PEERS = 16;

/** The first records that fit into one message: the order says which matter most. */
export function cutToMessage(records: readonly VerifiedDeployment[]): readonly VerifiedDeployment[] {
  return cut(records, SENT_RECORDS, SENT_RECORD_BYTES);
}

/** Likewise of notes about nodes. */
export function cutNotes(notes: readonly VerifiedNote[]): readonly VerifiedNote[] {
  return cut(notes, SENT_NOTES, SENT_NOTE_BYTES);
}

function cut<Signed extends { readonly envelope: Envelope }>(
  signed: readonly Signed[],
  most: number,
  mostBytes: number,
): readonly Signed[] {
  let bytes = 0;
  const end = signed.findIndex((each, index) => {
    bytes += wireBytes(each);
    return index >= most || bytes > mostBytes;
  });
  return end === -1 ? signed : signed.slice(0, end);
}

/** Size of the envelope in JSON, with room for its punctuation. */
function wireBytes({ envelope }: { readonly envelope: Envelope }): number {
  const signatures = envelope.signatures.reduce((sum, { keyid, sig }) => sum + keyid.length + sig.length + 32, 0);
  return envelope.payload.length + envelope.payloadType.length + signatures + 64;
}
