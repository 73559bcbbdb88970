/**
 * How much this node itself is behind, from 1 (not at all) to 8 (law 10; Lifeguard's local health). Whoever is slow doubts itself first: so many
 * times longer are its rounds and those of its modules, and so many times fewer connections it begins and takes. Told of its own late timers, of how long it waits for a
 * processor, and of the outcomes of its own calls; keeps no clock. A single pause, such as a laptop's sleep, is none.
 *
 * Calls that time out double it where the timers are late already. Alone they count for nothing: they may as well be the peers' fault, or that of
 * a partition, whose end would be noticed later if rounds grew longer in it.
 */
import { MOST_STRAIN } from '../sdk/limits.ts';

/** From here on it is told in log and status: a little strain comes and goes. */
export const STRAIN_TO_TELL = 2;
/** Timers, and seconds, that decide together: the one in the middle counts, so that three of them must be bad. */
const LOOKS = 5;
/** A timer that is so late stands for a strain of 1. A sound node is late by a few milliseconds. */
const LATE_MS = 100;
/** Who waits for a processor so many times as long as he has one is under a strain of 1: on a machine that is busy for more than seven tenths of the time. */
const WAITING = 2.5;
/** It grows and shrinks by no more than that in a second: of nodes that share a machine all would slow down together at once, find it empty, and fill it again. */
const MOST_GROWTH = 1.1;
const MOST_SHRINKING = 1.05;
/** Who hardly runs waits for little, however often that is what he runs. */
const LEAST_MS = 5;
/** So many calls that timed out beyond those that were answered count in full. */
const MOST_TIMEOUTS = 8;

/** What it is made of. */
export interface StrainView {
  readonly level: number;
  /** How late its timers are. */
  readonly lateMs: number;
  /** How many times as long as it has a processor it waits for one. */
  readonly waiting: number;
  /** How many of its calls timed out beyond those that were answered. */
  readonly timeouts: number;
}

export class Strain {
  #late: number[] = [];
  #waiting: number[] = [];
  #timeouts = 0;
  /** Of waiting for a processor; follows it slowly. */
  #crowded = 1;

  /** A timer fired so late. */
  timer(lateMs: number): void {
    this.#late = last(this.#late, Math.max(0, lateMs));
  }

  /** Lately the node's thread ran so long, and was ready to run for so long without a processor. */
  processor(ranMs: number, waitedMs: number): void {
    this.#waiting = last(this.#waiting, Math.max(0, waitedMs) / Math.max(LEAST_MS, ranMs));
    const wanted = Math.min(MOST_STRAIN, Math.max(1, middleLook(this.#waiting) / WAITING));
    this.#crowded = Math.min(this.#crowded * MOST_GROWTH, Math.max(this.#crowded / MOST_SHRINKING, wanted));
  }

  /** One of this node's own calls was answered, or timed out. */
  call(outcome: 'answered' | 'timed-out'): void {
    const step = outcome === 'answered' ? -1 : 1;
    this.#timeouts = Math.min(MOST_TIMEOUTS, Math.max(0, this.#timeouts + step));
  }

  get level(): number {
    const byTimers = middleLook(this.#late) / LATE_MS;
    const timed = byTimers <= 1 ? 1 : byTimers * (1 + this.#timeouts / MOST_TIMEOUTS);
    return Math.min(MOST_STRAIN, Math.max(timed, this.#crowded));
  }

  get view(): StrainView {
    return {
      level: Math.round(this.level * 10) / 10,
      lateMs: Math.round(middleLook(this.#late)),
      waiting: Math.round(middleLook(this.#waiting) * 10) / 10,
      timeouts: this.#timeouts,
    };
  }
}

/** As modules are told it: in halves, for each change costs each of their hosts a wake. */
export function strainStep(level: number): number {
  return Math.round(level * 2) / 2;
}

function last(looks: readonly number[], newest: number): number[] {
  return [...looks, newest].slice(-LOOKS);
}

/** 0 until there are enough. */
function middleLook(looks: readonly number[]): number {
  return looks.length < LOOKS ? 0 : (looks.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)] ?? 0);
}
