/** Who is being sent code by this node, and who has got it: a busy node refers to them. */
import { MAX_REFERRALS } from '../api/refusal.ts';
import { BoundedMap } from '../model/bounded.ts';
import type { ContentHash, NodeId, Peer } from '../model/names.ts';

/** Codes on their way to receivers at the same time; more would only make all of them slow. */
const MAX_SERVED = 8;
/**
 * Of these, large ones to receivers that can pass them on, which they do once all is there: where eight share a link, nobody serves others before eight
 * times as long as one alone would take. Two fill a link as well.
 */
const MAX_SERVED_LARGE = 2;
const LARGE_BYTES = 128 * 1024;
/** A receiver that is slower than this does not fill the link: beyond its time it leaves its place among the two to others. */
const LARGE_MS = 5_000;
const LARGE_BYTES_PER_MS = 128;
/** Files that one receiver may be sent at the same time: more than it asks for, as it may have the whole of one before that is known here. */
const MAX_FILES_AT_ONCE = 8;
/** A receiver keeps its place among the two between two files, until it was sent all or for so long: it has to read, to hash and to store. */
const BETWEEN_FILES_MS = 3_000;
/** Who asks again within this time goes on in the time that it had. */
const REMEMBERED_MS = 60_000;
/** Remembered for referral, of each code. */
const MAX_RECEIVERS = 16;
/** Codes whose receivers are remembered; the one that was asked for longest ago is forgotten first. */
const MAX_CODES = 64;
/** Codes and receivers whose time is remembered. */
const MAX_REMEMBERED = 1_024;

/** One without an address cannot be a source for others. */
export type Receiver = Peer | { readonly id: NodeId };

export interface ServedCode {
  readonly hash: ContentHash;
  /** Of all its files. */
  readonly bytes: number;
}

interface Served {
  files: number;
  /** Of the code, not yet sent. */
  leftBytes: number;
  /** When the last file ended. */
  idleSince: number;
  /** Until when it counts among the two; null: it does not. */
  readonly largeUntil: number | null;
}

export class Serving {
  readonly #now: () => number;
  readonly #served = new BoundedMap<string, Served>(MAX_REMEMBERED);
  readonly #receivers = new BoundedMap<ContentHash, BoundedMap<NodeId, Peer>>(MAX_CODES);

  /** `now`: milliseconds of a clock that only runs forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether `begin` would give a place now. */
  hasRoom(code: ServedCode, to: Receiver): boolean {
    return this.#placeFor(code, to) !== null;
  }

  /** Takes a place for a file of the code; null when there is none. What it returns, called once with the bytes that were sent, ends it. */
  begin(code: ServedCode, to: Receiver): ((bytes: number) => void) | null {
    const served = this.#placeFor(code, to);
    if (served === null) return null;
    this.#served.set(keyOf(code, to), served);
    served.files += 1;
    return (bytes) => {
      served.files -= 1;
      served.leftBytes -= bytes;
      served.idleSince = this.#now();
    };
  }

  #placeFor(code: ServedCode, to: Receiver): Served | null {
    const now = this.#now();
    for (const [key, served] of this.#served) if (isForgotten(served, now)) this.#served.delete(key);
    const known = this.#served.get(keyOf(code, to));
    if (known !== undefined && isServed(known, now)) return known.files < MAX_FILES_AT_ONCE ? known : null;
    const served = known ?? { files: 0, leftBytes: code.bytes, idleSince: now, largeUntil: largeUntil(code, to, now) };
    const others = [...this.#served.values()].filter((other) => isServed(other, now));
    const large = others.filter((other) => isLarge(other, now)).length;
    return others.length < MAX_SERVED && (!isLarge(served, now) || large < MAX_SERVED_LARGE) ? served : null;
  }

  /** It gets the code now; others may be sent to it. */
  remember(code: ContentHash, to: Receiver): void {
    if (!('address' in to)) return;
    const receivers = this.#receivers.get(code) ?? new BoundedMap<NodeId, Peer>(MAX_RECEIVERS);
    receivers.set(to.id, to);
    this.#receivers.set(code, receivers);
  }

  /** Others whom `asker` may ask for the code. */
  others(code: ContentHash, asker: NodeId): Peer[] {
    return [...(this.#receivers.get(code)?.values() ?? [])].filter(({ id }) => id !== asker).slice(0, MAX_REFERRALS);
  }
}

function keyOf({ hash }: ServedCode, { id }: Receiver): string {
  return `${id} ${hash}`;
}

function largeUntil({ bytes }: ServedCode, to: Receiver, now: number): number | null {
  return bytes > LARGE_BYTES && 'address' in to ? now + LARGE_MS + bytes / LARGE_BYTES_PER_MS : null;
}

function isLarge({ largeUntil: until }: Served, now: number): boolean {
  return until !== null && now < until;
}

/** It is being sent something, or about to ask for the next file. */
function isServed(served: Served, now: number): boolean {
  return served.files > 0 || (isLarge(served, now) && served.leftBytes > 0 && now - served.idleSince < BETWEEN_FILES_MS);
}

/** Only of large code is it worth remembering how long it has been sent. */
function isForgotten({ files, largeUntil: until, idleSince }: Served, now: number): boolean {
  return files === 0 && (until === null || now - idleSince >= REMEMBERED_MS);
}
