/**
 * A hybrid logical clock (Kulkarni, Demirbas, Madappa, Avva, Leone, 2014): stamps follow the wall clock where that is ahead of everything known, and count on where it is not. So
 * what is written later is stamped later, also by a node that was killed and has forgotten what it wrote or heard last.
 *
 * A stamp from the far future, of a peer whose clock is wrong, moves no clock: it counts for its own key alone, where the next write still comes after it.
 */

export interface Stamp {
  /** Seconds of the wall clock, or more where the logical part ran ahead. (Before there were stamps: one more than the highest that the writer knew.) */
  readonly version: number;
  /** Microseconds of the wall clock, or more. (Before: milliseconds.) */
  readonly time: number;
}

/** How far ahead of the wall clock what is heard may move this node's own. Clocks that are kept in order differ by much less. */
export const MAX_DRIFT_MS = 60_000;
/** Versions so many seconds ahead are not taken at all. Far beyond any clock, and below the highest version that can be written by as much again. */
export const MAX_LEAP = 2 ** 47;
/** The year 2248: microseconds up to there, and what is counted on, are exact numbers. */
const MAX_MS = 2 ** 43;

/** Stamps writes, and hears the stamps of others. */
export class HybridClock {
  readonly #nowMs: () => number;
  #last: Stamp = { version: 1, time: 0 };

  /** `nowMs`: of the wall clock; it may be wrong, and may be set. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get version(): number {
    return this.#last.version;
  }

  /** Whether a version can be taken from others: as the limit moves on with time, each that is within it can be written after. */
  isReal(version: number): boolean {
    return version <= wallStamp(this.nowMs).version + MAX_LEAP;
  }

  /** The wall clock in milliseconds. */
  get nowMs(): number {
    return Math.min(MAX_MS, Math.max(0, Math.floor(this.#nowMs())));
  }

  /** Something was stamped so, here or elsewhere. */
  observe(stamp: Stamp): void {
    const most = wallStamp(this.nowMs + MAX_DRIFT_MS);
    if (stamp.version <= most.version && stamp.time <= most.time && isLater(stamp, this.#last)) this.#last = stamp;
  }

  /** For what is written now: later than all that moved this clock, and than `known`. */
  next(known: Stamp): Stamp {
    const last = isLater(known, this.#last) ? known : this.#last;
    const wall = wallStamp(this.nowMs);
    const stamp = wall.version > last.version ? wall : following(last, wall);
    this.observe(stamp);
    return stamp;
  }
}

/** Whether `a` was stamped after `b`. */
export function isLater(a: Stamp, b: Stamp): boolean {
  return a.version > b.version || (a.version === b.version && a.time > b.time);
}

/** The logical part. A time that is too far ahead is left behind by a higher version: from there on the wall clock orders again. */
function following(last: Stamp, wall: Stamp): Stamp {
  const time = Math.max(wall.time, last.time + 1);
  return time <= wall.time + 1_000 * MAX_DRIFT_MS ? { version: last.version, time } : { version: last.version + 1, time: wall.time };
}

function wallStamp(ms: number): Stamp {
  return { version: Math.floor(ms / 1_000), time: 1_000 * ms };
}
