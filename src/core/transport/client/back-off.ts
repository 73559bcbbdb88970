/** When to try again to connect to peers whose last handshakes came to nothing: later each time, and never in chorus (law 10). Pure: it is told the time. */
import { BoundedMap } from '../../../model/bounded.ts';

/** First and longest pause: shorter than a gossip round, and a small part of any outage that makes it that long. */
const FIRST_MS = 500;
const LONGEST_MS = 8_000;
/** Whoever was not tried for so long begins anew. */
const FORGOTTEN_MS = 60_000;
/** Peers of whom it is remembered. */
const MAX_REMEMBERED = 1_024;

interface Failing {
  readonly failures: number;
  readonly until: number;
}

export class BackOff {
  readonly #random: () => number;
  readonly #failing = new BoundedMap<string, Failing>(MAX_REMEMBERED);

  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long the peer is left alone yet; 0: it may be tried. */
  leftMs(peer: string, now: number): number {
    return Math.max(0, (this.#failing.get(peer)?.until ?? now) - now);
  }

  /** How many peers are left alone. */
  size(now: number): number {
    return [...this.#failing.values()].filter(({ until }) => until > now).length;
  }

  failed(peer: string, now: number): void {
    const last = this.#failing.get(peer);
    const failures = last === undefined || now - last.until > FORGOTTEN_MS ? 1 : last.failures + 1;
    const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) * (0.5 + this.#random() / 2);
    this.#failing.set(peer, { failures, until: now + pauseMs });
  }

  succeeded(peer: string): void {
    this.#failing.delete(peer);
  }
}
