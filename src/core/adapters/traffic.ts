/**
 * What the core adds to the messages that it carries: bytes beside the modules' own, and time beside that of the network and the modules. Kept only where
 * somebody asks for it (`--metrics`).
 *
 * A message's body is the same object from the pipe of its module to the call that carries it, and from the call that brought it to the pipe. So the time is noted on
 * the body itself: the protocol between, which has no clock, knows nothing of it.
 */
import { Durations } from '../../model/durations.ts';

/** Seen from the node whose module asked, or whose module answered. */
export type Side = 'asked' | 'answered';

const CORE_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];
/** What stands around the name and the value of a header line. */
const LINE_BYTES = ': \r\n'.length;

interface Exchanged {
  /** Time in the core alone. */
  readonly core: Durations;
  /** Of the modules' own messages, and of the headers that the core adds to them. */
  bodyBytes: number;
  addedBytes: number;
}

export class Traffic {
  readonly #now: () => number;
  /** Since when a message lies with the core, less what it has lain there before. */
  readonly #since = new WeakMap<Uint8Array, number>();
  readonly asked = exchanged();
  readonly answered = exchanged();
  /** The cores' own exchanges of configurations that this node began. */
  readonly configurations = { answered: 0, failed: 0 };

  /** `now`: milliseconds of a clock that only runs forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The core has got a message, having had one for `spentMs` that this is the answer to. */
  came(body: Uint8Array, spentMs = 0): void {
    this.#since.set(body, this.#now() - spentMs);
  }

  /** It passes it on; how long the core had it, null where nobody saw it come. */
  left(body: Uint8Array): number | null {
    const since = this.#since.get(body);
    return since === undefined ? null : this.#now() - since;
  }

  /** The answer has left the core: the exchange is over. */
  done(side: Side, answer: Uint8Array): void {
    const spentMs = this.left(answer);
    if (spentMs !== null) this[side].core.add(spentMs);
  }

  /** What went over the wire of an exchange: messages, and the headers of the protocol beside them. */
  carried(side: Side, bodies: readonly Uint8Array[], headers: Iterable<readonly [name: string, value: string]>): void {
    const counted = this[side];
    for (const body of bodies) counted.bodyBytes += body.byteLength;
    for (const [name, value] of headers) counted.addedBytes += name.length + value.length + LINE_BYTES;
  }
}

function exchanged(): Exchanged {
  return { core: new Durations(CORE_MS), bodyBytes: 0, addedBytes: 0 };
}
