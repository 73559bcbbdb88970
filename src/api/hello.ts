/** `hello`: two nodes prove to each other that they belong to the cluster. */
import * as v from 'valibot';
import { peerFields } from '../model/forms.ts';
import type { NodeId, Peer } from '../model/names.ts';
import { parseBody } from './body.ts';
import { MAX_HELLO_BYTES } from './routes.ts';

/**
 * The envelopes in `admission` are for the receiver to verify; null for rendezvous nodes, which the root names, and for nodes that came without a token. Open: fields that a newer
 * version of the program adds are ignored.
 */
const introductionSchema = v.object({
  admission: v.nullable(v.unknown()),
  /** Of a node that came without a token: the note that admits it. For operators' commands; nodes know it by gossip. */
  note: v.optional(v.unknown()),
  name: peerFields.name,
  /** Where the node listens; null for operators' commands, which do not. */
  address: v.nullable(peerFields.address),
});
export type Introduction = v.InferOutput<typeof introductionSchema>;

/** Question and answer have the same form. */
export function parseIntroduction(body: Uint8Array): Introduction {
  return parseBody(introductionSchema, body, 'hello', { maxBytes: MAX_HELLO_BYTES, maxDepth: 8 });
}

/** The caller as a peer, when it said where it listens. */
export function peerOf(id: NodeId, { address, name }: Introduction): Peer | null {
  return address === null ? null : { id, address, name };
}
