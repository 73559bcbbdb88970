/** Every duration and count of the protocol, derived from one number: the length of a gossip round. */

export interface Timing {
  /** One gossip round. */
  readonly intervalMs: number;
  /** Constant backup rate, even when all is well: five rounds, so that the safety net costs a fifth of the modules' own traffic. */
  readonly slowBackupMs: number;
  /** Backup rate while something is wrong: every round, as modules do when they work. */
  readonly fastBackupMs: number;
  /**
   * A module whose exchanges fail gossips in vain once its last matched one is older: five rounds, so that one lost message does
   * not look like a failure. At least five seconds, because modules choose their own rhythm, mostly one second, also
   * where the core's rounds are much shorter.
   */
  readonly usefulMs: number;
  /** Time until a rumor goes on although nobody answered, and to those who did not: one round. */
  readonly rumorMs: number;
  /**
   * A place of the active view goes to another peer this often: thirty rounds, so that a connection serves for minutes, and
   * each node still comes into somebody's view, and out of it, once in so many rounds.
   */
  readonly rotateMs: number;
  /** Time between two checkpoints of a running instance: five rounds bound what a crash loses. */
  readonly checkpointMs: number;
  /** From its start to its first one: one round, so that an instance that cannot give its state is known soon. */
  readonly firstCheckpointMs: number;
  /** Time between two looks at how late the node's timers are: once a second, which costs nothing. */
  readonly pulseMs: number;
  /** First pause after a failed start, crash or fetch; doubles with each further one. */
  readonly retryMs: number;
  /** Longest pause of a retried fetch: half a minute of rounds, as a source may come back at any time. */
  readonly longestFetchRetryMs: number;
  /**
   * Window in which failures of one deployment are counted: a minute of one-second rounds. At least a minute, because a
   * hang takes seconds to be found, however short the rounds.
   */
  readonly failureWindowMs: number;
  /** Pause while the breaker is open, in rounds as long as the window: a broken module costs little. */
  readonly breakerMs: number;
  /** A failure that comes again and again is told at most this often: ten rounds, at least ten seconds. */
  readonly tellMs: number;
  /** A request or delivery without outcome is given up after this; far beyond every deadline of the transport. */
  readonly abandonMs: number;
  /** Hints are written at most this often. */
  readonly persistHintsMs: number;
  /**
   * In how long a node must come back to addresses that it left to be taken for two, and how long it is told afterwards: an
   * hour of one-second rounds, as one of a thousand nodes calls each other one only every few minutes.
   */
  readonly cloneWindowMs: number;
  /**
   * A node that fails, and that was not heard of for so long, is gone: asked rarely from then on. Ten minutes, as for operators' commands; at least 600
   * rounds.
   */
  readonly goneMs: number;
  /** Calls that a node made before its goodbye have come by then. */
  readonly settleMs: number;
}

/** Shortest gossip round: a shorter one leaves a node no time between two. */
export const MIN_INTERVAL_MS = 20;
/** Longest gossip round: a node answers to timers that are many times as long. */
export const MAX_INTERVAL_MS = 3_600_000;
/** So many exchanges of a module must fail in sequence before it gossips in vain: one peer that is down says nothing. */
export const USELESS_FAILURES = 3;
/** Failures within the window that open the breaker. */
export const BREAKER_FAILURES = 5;
/** Peers of the view that get a new rumor at once; each that answers makes room for another. */
export const RUMOR_AT_ONCE = 3;
/** Rounds of a rumor beyond ln n, for peers that do not answer: too few leave a few nodes waiting for the slow path. */
export const RUMOR_MARGIN = 2;
/** A rumor ends early when this many peers in sequence already knew it. */
export const RUMOR_ENOUGH = 3;
/** Every n-th backup exchange goes to a rendezvous node (attack B8). */
export const RENDEZVOUS_EVERY = 4;
/** Every n-th goes to a hint outside the active view, so that partitions heal and the hints stay fresh; the others go to the view. */
export const OUTSIDE_EVERY = 4;
/** Peers told in one configuration exchange. */
export const PEERS_TOLD = 8;
/** So often must a node come back to an address that it left: one that moves there and back, and a message that is late, are no clone (attack B13). */
export const CLONE_RETURNS = 3;
/** Periods vary by this part to either side, so that nodes started together do not stay in step. */
const JITTER = 0.25;

export function timingOf(intervalMs: number): Timing {
  return Object.freeze({
    intervalMs,
    slowBackupMs: 5 * intervalMs,
    fastBackupMs: intervalMs,
    usefulMs: Math.max(5 * intervalMs, 5_000),
    rumorMs: intervalMs,
    rotateMs: 30 * intervalMs,
    checkpointMs: 5 * intervalMs,
    firstCheckpointMs: intervalMs,
    pulseMs: 1_000,
    retryMs: intervalMs,
    longestFetchRetryMs: 30 * intervalMs,
    failureWindowMs: Math.max(60 * intervalMs, 60_000),
    breakerMs: 60 * intervalMs,
    tellMs: Math.max(10 * intervalMs, 10_000),
    abandonMs: Math.max(60 * intervalMs, 120_000),
    persistHintsMs: 5 * intervalMs,
    cloneWindowMs: Math.max(3_600 * intervalMs, 3_600_000),
    goneMs: Math.max(600 * intervalMs, 600_000),
    settleMs: 10_000,
  });
}

/** `periodMs`, varied at random. */
export function jittered(periodMs: number, random: () => number): number {
  return Math.max(1, Math.round(periodMs * (1 - JITTER + 2 * JITTER * random())));
}
