/** Who talks when, by the clock of the machine, so that processes that know nothing of each other take turns. */

export const TURNS = ['gossip', 'plain', 'nothing'] as const;
export type Turn = (typeof TURNS)[number];

/** When an answer came, and how long it took. */
export type Sample = readonly [atMs: number, tookMs: number];

/** Of a message, and of its answer. */
export const BODY_BYTES = 200;
/** Below the hundred in a second that a module may begin. */
export const EVERY_MS = 12;

export function turnAt(atMs: number, turnMs: number): Turn {
  return TURNS[Math.floor(atMs / turnMs) % TURNS.length] as Turn;
}
