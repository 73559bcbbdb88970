/** The node's two clocks: one that only runs forward, for the protocol, and the wall clock, which is shown and breaks ties (law 7). */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  forward(): number;
  /** Milliseconds since 1970; may be wrong and may jump. */
  wall(): number;
}

export const systemClock: Clock = {
  forward: () => performance.now(),
  wall: () => Date.now(),
};
