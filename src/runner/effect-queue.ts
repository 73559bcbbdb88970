/**
 * Performs effects strictly in order: what follows a write of the configuration waits until that is durable (laws 1 and 5).
 *
 * When the disk refuses, gossip goes on, but no instance starts or becomes active, and no injection, and no root or note of an operator, is
 * acknowledged before the configuration that it rests on is durable. The write is tried again until it succeeds.
 */
import type { EffectOf, Failure, GossipEffect } from '../gossip/protocol.ts';
import type { Clock, Written } from './ports.ts';

export interface EffectQueueOptions {
  /** Performs one effect. Calls `done` at once, or when the effect is durable or was refused. */
  readonly perform: (effect: GossipEffect, done: Written) => void;
  /** An acknowledgement of what is not durable. */
  readonly refuse: (effect: EffectOf<'injected' | 'respond'>, why: Failure) => void;
  /** The disk refuses the configuration, or (null) takes it again. */
  readonly onDisk: (refusal: Failure | null) => void;
  readonly after: Clock['after'];
}

/** Effects that wait while the disk refuses. */
type Withheld = EffectOf<'start-instance' | 'activate'>;

/** How often a refused write is tried again. */
export const DISK_RETRY_MS = 1_000;
const RETRY = { type: 'persist-configuration' } as const;

export class EffectQueue {
  readonly #options: EffectQueueOptions;
  readonly #queue: GossipEffect[] = [];
  #pumping = false;
  #idle: (() => void)[] = [];
  /** Why the disk refuses the configuration, and what waits for it. */
  #refused: Failure | null = null;
  #withheld: Withheld[] = [];
  #retrying = false;
  #closed = false;

  constructor(options: EffectQueueOptions) {
    this.#options = options;
  }

  push(effects: readonly GossipEffect[]): void {
    if (this.#closed) return;
    this.#queue.push(...effects);
    if (!this.#pumping) this.#pump();
  }

  /** Calls `done` when everything pushed so far is performed, or waits for the disk. */
  whenIdle(done: () => void): void {
    if (this.#pumping) this.#idle.push(done);
    else done();
  }

  /** Gives up what still waits. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#withheld = [];
  }

  #pump(): void {
    this.#pumping = true;
    try {
      for (let effect = this.#queue.shift(); effect !== undefined; effect = this.#queue.shift()) if (!this.#step(effect)) return;
    } catch (defect) {
      // One effect is lost; those behind it are not.
      this.#pumping = false;
      throw defect;
    }
    this.#pumping = false;
    for (const done of this.#idle.splice(0)) done();
  }

  /** Whether it is done already; else the pump goes on when it is. */
  #step(effect: GossipEffect): boolean {
    let done = false;
    let waiting = false;
    this.#begin(effect, () => {
      done = true;
      if (waiting) this.#pump();
    });
    waiting = true;
    return done;
  }

  #begin(effect: GossipEffect, done: () => void): void {
    switch (effect.type) {
      case 'persist-configuration':
        return this.#persist(effect, done);
      case 'persist-injection':
        // Refused, it is forgotten; written, everything before it is on the disk, too.
        return this.#options.perform(effect, (refusal) => {
          if (refusal === null) this.#recover();
          done();
        });
      case 'respond':
      case 'injected':
        if (!this.#refused || (effect.type === 'respond' && effect.acknowledges !== true)) return this.#options.perform(effect, done);
        this.#options.refuse(effect, this.#refused);
        return done();
      case 'start-instance':
      case 'activate':
        if (!this.#refused) return this.#options.perform(effect, done);
        this.#withheld.push(effect);
        return done();
      case 'stop-instance':
        // What never began must not begin after its end.
        this.#withheld = this.#withheld.filter(({ module, generation }) => module !== effect.module || generation !== effect.generation);
        return this.#options.perform(effect, done);
      default:
        return this.#options.perform(effect, done);
    }
  }

  #persist(effect: EffectOf<'persist-configuration'>, done: () => void): void {
    this.#options.perform(effect, (refusal) => {
      if (refusal === null) this.#recover();
      else this.#insist(refusal);
      done();
    });
  }

  /** Written again in its turn among the effects, as it is then. */
  #insist(why: Failure): void {
    this.#refused = why;
    this.#options.onDisk(why);
    if (this.#retrying || this.#closed) return;
    this.#retrying = true;
    this.#options.after(DISK_RETRY_MS, () => {
      this.#retrying = false;
      if (this.#refused) this.push([RETRY]);
    });
  }

  #recover(): void {
    if (!this.#refused) return;
    this.#refused = null;
    this.#options.onDisk(null);
    this.#queue.unshift(...this.#withheld.splice(0));
  }
}
