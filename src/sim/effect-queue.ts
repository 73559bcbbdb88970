/**
 * Performs effects strictly in order, as the core does: what follows a persist effect waits until that is durable (laws 1 and 5).
 * While the disk refuses the configuration gossip goes on, but no instance starts or becomes active, no injection is
 * acknowledged, and the write is tried again.
 */
import type { EffectOf, Failure, GossipEffect } from '../gossip/protocol.ts';

/** Performs one effect. Calls `done` at once, or when the effect is durable or was refused. */
export type Perform = (effect: GossipEffect, done: (refusal: Failure | null) => void) => void;

export interface EffectQueueOptions {
  readonly perform: Perform;
  /** An `injected` effect whose record is not durable. */
  readonly refuse: (effect: EffectOf<'injected'>) => void;
  readonly after: (delayMs: number, run: () => void) => void;
}

type Persist = EffectOf<'persist-configuration'>;

/** How often a refused write is tried again. */
export const DISK_RETRY_MS = 1_000;
/** In its turn among the effects, the newest configuration that the disk refused is written again. */
const RETRY = { type: 'retry' } as const;
type Step = GossipEffect | typeof RETRY;

export class EffectQueue {
  readonly #options: EffectQueueOptions;
  readonly #queue: Step[] = [];
  /** The newest configuration that the disk refused, and what waits for it. */
  #refused: Persist | null = null;
  #withheld: GossipEffect[] = [];
  #pumping = false;
  #retrying = false;
  #closed = false;

  constructor(options: EffectQueueOptions) {
    this.#options = options;
  }

  push(steps: readonly Step[]): void {
    this.#queue.push(...steps);
    if (!this.#pumping) this.#pump();
  }

  /** The node went down: what still waited is never done. */
  close(): void {
    this.#closed = true;
  }

  #pump(): void {
    this.#pumping = true;
    for (let step = this.#queue.shift(); step !== undefined && !this.#closed; step = this.#queue.shift()) {
      let waiting = true;
      let returned = false;
      this.#step(step, () => {
        waiting = false;
        if (returned) this.#pump();
      });
      returned = true;
      if (waiting) return;
    }
    this.#pumping = false;
  }

  #step(step: Step, done: () => void): void {
    const effect = step.type === 'retry' ? this.#refused : step;
    if (effect === null) return done();
    if (effect.type === 'persist-configuration') return this.#persist(effect, done);
    if (this.#refused !== null) {
      if (effect.type === 'injected') {
        this.#options.refuse(effect);
        return done();
      }
      if (effect.type === 'start-instance' || effect.type === 'activate') {
        this.#withheld.push(effect);
        return done();
      }
    }
    // What never began must not begin after its end.
    if (effect.type === 'stop-instance') this.#withheld = this.#withheld.filter((withheld) => !isOf(withheld, effect));
    return this.#options.perform(effect, done);
  }

  #persist(effect: Persist, done: () => void): void {
    this.#options.perform(effect, (refusal) => {
      if (refusal === null) this.#recover();
      else this.#insist(effect);
      done();
    });
  }

  #insist(effect: Persist): void {
    this.#refused = effect;
    if (this.#retrying) return;
    this.#retrying = true;
    this.#options.after(DISK_RETRY_MS, () => {
      this.#retrying = false;
      this.push([RETRY]);
    });
  }

  #recover(): void {
    this.#refused = null;
    this.#queue.unshift(...this.#withheld.splice(0));
  }
}

function isOf(withheld: GossipEffect, { module, generation }: EffectOf<'stop-instance'>): boolean {
  return 'generation' in withheld && withheld.module === module && withheld.generation === generation;
}
