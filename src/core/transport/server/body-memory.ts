/** The memory for request bodies: bounded for all peers together, and for each id, so that nobody can claim it all by announcing. */
import { GossipError } from '../../../model/errors.ts';
import type { NodeId } from '../../../model/names.ts';
import type { ServerLimits } from '../limits.ts';

export class BodyMemory {
  readonly #limits: ServerLimits;
  readonly #bytesOf = new Map<NodeId, number>();
  #bytes = 0;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  /** Throws GOSSIP_E_BUSY when there is none. The answer gives it back; it is called once. */
  reserve(id: NodeId, bytes: number): () => void {
    const own = this.#bytesOf.get(id) ?? 0;
    if (own + bytes > this.#limits.maxBufferedBytesPerId) throw new GossipError('GOSSIP_E_BUSY', 'too many of your requests are under way');
    if (this.#bytes + bytes > this.#limits.maxBufferedBytes) throw new GossipError('GOSSIP_E_BUSY', 'too many requests are under way');
    this.#add(id, bytes);
    return () => this.#add(id, -bytes);
  }

  #add(id: NodeId, bytes: number): void {
    this.#bytes += bytes;
    const own = (this.#bytesOf.get(id) ?? 0) + bytes;
    if (own === 0) this.#bytesOf.delete(id);
    else this.#bytesOf.set(id, own);
  }
}
