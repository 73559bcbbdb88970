/** What the protocol of a node has done since its start: counters that its parts keep and nobody here reads. */
import { Durations } from '../model/durations.ts';

/** A sound node's timers are late by a few milliseconds; from 100 ms on it is strained. */
const LATENESS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

export class Work {
  /** Rounds of backup gossip. */
  rounds = 0;
  /** Those of them that a strained node had made longer. */
  stretchedRounds = 0;
  /** Exchanges that backup gossip began; a round without a free partner has none. */
  backups = 0;
  /** How late the node's own timer was, once a second. */
  readonly lateness = new Durations(LATENESS_MS);
}
