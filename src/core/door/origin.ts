/** What tells one stream of events from all others, of this node and of others: whoever comes back with a place of another one has it nowhere here. */
import { createHash } from 'node:crypto';
import type { NodeId } from '../../model/names.ts';

/** A number of at most 15 digits, for that is what a node of version 0.1 reads as a place. */
const BYTES = 6;

/** The same for one stream of one start of a node's core, and another one for each other; by chance alike once in 10^14. */
export function originOf(node: NodeId, incarnation: number, stream: string): number {
  return createHash('sha256')
    .update(JSON.stringify([node, incarnation, stream]))
    .digest()
    .readUIntBE(0, BYTES);
}
