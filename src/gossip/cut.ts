/** Bounds of one message, on both sides of the wire: what a node sends at most, and what it takes at most. */
import type { VerifiedDeployment } from '../model/deployment.ts';

/** Records that a node puts into one message; the rest follows with the next exchange. */
const SENT_RECORDS = 64;
const SENT_RECORD_BYTES = 1024 * 1024;
/** Records that a node takes in one message. */
export const MAX_RECORDS = 256;
/** Steps of the root that a node puts into one message, and takes in one. */
export const SENT_STEPS = { maxSteps: 32, maxBytes: 512 * 1024 } as const;
export const MAX_STEPS = 64;
/** Farewells that a node puts into one message, and takes in one. */
export const MAX_LEFT = 8;
/** Peers that a node takes in one message. */
export const MAX_PEERS = 16;

/** The first records that fit into one message: the order says which matter most. */
export function cutToMessage(records: readonly VerifiedDeployment[]): readonly VerifiedDeployment[] {
  let bytes = 0;
  const end = records.findIndex((record, index) => {
    bytes += wireBytes(record);
    return index >= SENT_RECORDS || bytes > SENT_RECORD_BYTES;
  });
  return end === -1 ? records : records.slice(0, end);
}

/** Size of the record's envelope in JSON, with room for its punctuation. */
function wireBytes({ envelope }: VerifiedDeployment): number {
  const signatures = envelope.signatures.reduce((sum, { keyid, sig }) => sum + keyid.length + sig.length + 32, 0);
  return envelope.payload.length + envelope.payloadType.length + signatures + 64;
}
