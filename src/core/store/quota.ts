/** How many bytes of disk code may take. Room is reserved before the first byte arrives, so that several fetches cannot overrun it together. */
import { GossipError } from '../../model/errors.ts';

export class Quota {
  readonly maxBytes: number;
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
