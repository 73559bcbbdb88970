/**
 * How many bytes of disk code may take at most. Room is reserved before the first byte arrives, so that several fetches cannot overrun it
 * together. Who gives way to whom, before it comes to that, is decided in `src/core/adapters/make-room.ts`.
 */
import { GossipError } from '../../../model/errors.ts';

/** Times the quota that the disk may hold at most: what is over it is for repairs. */
export const RESERVE = 2;

export class Quota {
  /** May change: what is over a lower one stays until something else wants room. */
  maxBytes: number;
  #usedBytes: number;

  constructor(maxBytes: number, usedBytes: number) {
    this.maxBytes = maxBytes;
    this.#usedBytes = usedBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  reserve(bytes: number): void {
    if (this.#usedBytes + bytes > this.maxBytes) {
      throw new GossipError('GOSSIP_E_QUOTA', `${bytes} more bytes of code do not fit: ${this.#usedBytes} of ${this.maxBytes} are used`);
    }
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
