/**
 * Notices kept connections that the peer's side ended without a word: most often its process is gone. What this side ends is never seen here, as
 * it sees no end then; what the peer announced (`connection: close`, or a last word on an idle connection) is an answer, upon which this side ends.
 */
import type { Socket } from 'node:net';
import { BoundedMap } from '../../../model/bounded.ts';
import type { NodeId } from '../../../model/names.ts';

/** The few connections to one peer end together, and are one event. */
const ONE_EVENT_MS = 1_000;
/** Peers of whom it is remembered. */
const MAX_REMEMBERED = 256;

export class LostConnections {
  readonly #tell: (id: NodeId) => void;
  readonly #now: () => number;
  readonly #toldAt = new BoundedMap<NodeId, number>(MAX_REMEMBERED);

  constructor(tell: (id: NodeId) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  watch(id: NodeId, socket: Socket): void {
    socket.once('end', () => this.#lost(id));
    // A reset, or no acknowledgement for long: the system's own errors, and not ours.
    socket.on('error', (error) => 'syscall' in error && this.#lost(id));
  }

  #lost(id: NodeId): void {
    const now = this.#now();
    if (now - (this.#toldAt.get(id) ?? -Infinity) < ONE_EVENT_MS) return;
    this.#toldAt.set(id, now);
    this.#tell(id);
  }
}
