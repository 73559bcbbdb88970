/** How much memory the answers under way may take, for all nodes together: hearsay can name any number of liars (attack C14). */

/** A request whose answer is under way. */
export interface Answering {
  bytes: number;
  /** Ends it: it takes the most. */
  readonly giveWay: () => void;
}

const MAX_BYTES = 256 * 1024 * 1024;

export class AnswerMemory {
  readonly #underWay = new Set<Answering>();
  readonly #maxBytes: number;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  begin(giveWay: () => void): Answering {
    const answering = { bytes: 0, giveWay };
    this.#underWay.add(answering);
    return answering;
  }

  /** So many bytes of it came altogether. The largest gives way, for an honest answer is small. */
  received(answering: Answering, bytes: number): void {
    answering.bytes = bytes;
    let total = 0;
    let largest = answering;
    for (const each of this.#underWay) {
      total += each.bytes;
      if (each.bytes > largest.bytes) largest = each;
    }
    if (total <= this.#maxBytes) return;
    this.end(largest);
    largest.giveWay();
  }

  end(answering: Answering): void {
    this.#underWay.delete(answering);
  }
}
