/** What the parts of a node share: the outbox, the time of the event in hand, tokens, timers and chance. */
import type { GossipEffect, Token } from './protocol.ts';
import { Strain } from './strain.ts';
import { Timers } from './timers.ts';
import { jittered } from './timing.ts';
import type { Timing } from './timing.ts';
import { Work } from './work.ts';

export class Ports {
  readonly timing: Timing;
  readonly random: () => number;
  readonly timers: Timers;
  readonly strain = new Strain();
  readonly work = new Work();
  #outbox: GossipEffect[] = [];
  #now = 0;
  #lastToken = 0;

  constructor(timing: Timing, random: () => number) {
    this.timing = timing;
    this.random = random;
    this.timers = new Timers(
      () => this.token(),
      (effect) => this.emit(effect),
    );
  }

  /** Time of the event in hand, by the node's forward clock. */
  get now(): number {
    return this.#now;
  }

  /** Begins an event. The clock never runs backwards for the parts, whatever the caller's does (law 7). */
  begin(now: number): void {
    this.#now = Math.max(this.#now, now);
  }

  /** The length of a round, varied at random; longer while the node is strained. */
  round(periodMs: number): number {
    return jittered(periodMs * this.strain.level, this.random);
  }

  emit(effect: GossipEffect): void {
    this.#outbox.push(effect);
  }

  /** The effects of the event, in order. */
  end(): GossipEffect[] {
    const effects = this.#outbox;
    this.#outbox = [];
    return effects;
  }

  token(): Token {
    this.#lastToken += 1;
    return this.#lastToken;
  }
}
