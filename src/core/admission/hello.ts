/** `hello`: two nodes show each other why they may take part. */
import * as v from 'valibot';
import type { NodeId, Peer } from '../../model/names.ts';
import { isAddress, NODE_NAME } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import { parseJson } from '../../trust/canonical.ts';
import type { Members } from './members.ts';

/**
 * The envelopes in `admission` are checked by `Members.admit`; null for rendezvous nodes, which the root names. Open: fields that a newer
 * version of the program adds are ignored.
 */
const introductionSchema = v.object({
  admission: v.nullable(v.unknown()),
  name: v.union([v.literal(''), v.pipe(v.string(), v.regex(NODE_NAME))]),
  /** Where the node listens; null for operators' commands, which do not. */
  address: v.nullable(v.pipe(v.string(), v.check(isAddress))),
});
export type Introduction = v.InferOutput<typeof introductionSchema>;

export interface Introductions {
  readonly members: Members;
  own(): Introduction;
}

export function parseIntroduction(body: Uint8Array): Introduction {
  const result = v.safeParse(introductionSchema, parseJson(body, { maxBytes: 32 * 1024, maxDepth: 8 }));
  if (!result.success) throw new GossipError('GOSSIP_E_REQUEST', 'malformed hello');
  return result.output;
}

/** The caller as a peer, when it said where it listens. */
export function peerOf(id: NodeId, introduction: Introduction): Peer | null {
  const { address, name } = introduction;
  return address !== null && isAddress(address) ? { id, address, name } : null;
}
