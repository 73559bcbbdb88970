/**
 * Performs effects strictly in order: what follows a persist effect waits until it is durable (laws 1 and 5).
 *
 * When the disk refuses, gossip goes on, but no instance starts or becomes active and no injection is acknowledged
 * before the configuration that it rests on is durable. The write is tried again until it succeeds.
 */
import type { EffectOf, GossipEffect } from '../gossip/protocol.ts';
import { toGossipError } from '../model/errors.ts';
import type { GossipError } from '../model/errors.ts';

export interface EffectQueueOptions {
  /** Performs one effect; a promise means: durable when resolved. */
  readonly perform: (effect: GossipEffect) => Promise<void> | void;
  /** An `injected` effect whose record is not durable. */
  readonly refuse: (effect: EffectOf<'injected'>, error: GossipError) => void;
  /** The disk began to refuse, or refuses for another reason, or recovered (null). */
  readonly onDisk: (error: GossipError | null) => void;
  readonly retryMs: number;
}

type Persist = EffectOf<'persist-configuration'>;
/** Effects that wait while the disk refuses. */
type Withheld = EffectOf<'start-instance' | 'activate'>;

/** In its turn among the effects, the newest configuration that the disk refused is written again. */
const RETRY = { type: 'retry' } as const;

export class EffectQueue {
  readonly #options: EffectQueueOptions;
  readonly #queue: (GossipEffect | typeof RETRY)[] = [];
  #pumping = false;
  #pumped: Promise<void> = Promise.resolve();
  /** The newest configuration that the disk refused, and what waits for it. */
  #refused: Persist | null = null;
  #withheld: Withheld[] = [];
  #error: GossipError | null = null;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: EffectQueueOptions) {
    this.#options = options;
  }

  push(effects: readonly GossipEffect[]): void {
    this.#enqueue(effects);
  }

  /** Resolves when everything pushed so far is performed, or waits for the disk. */
  async idle(): Promise<void> {
    while (this.#pumping) await this.#pumped;
  }

  /** Gives up what waits for the disk. */
  close(): void {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #enqueue(steps: readonly (GossipEffect | typeof RETRY)[]): void {
    this.#queue.push(...steps);
    if (!this.#pumping) this.#pumped = this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let step = this.#queue.shift(); step; step = this.#queue.shift()) {
      const pending = this.#step(step);
      if (pending) await pending;
    }
    this.#pumping = false;
  }

  #step(step: GossipEffect | typeof RETRY): Promise<void> | void {
    switch (step.type) {
      case 'retry':
        // A newer configuration may have been written meanwhile: the older one must not go over it (law 1).
        return this.#refused ? this.#persist(this.#refused) : undefined;
      case 'persist-configuration':
        return this.#persist(step);
      case 'injected':
        return this.#error ? this.#options.refuse(step, this.#error) : this.#options.perform(step);
      case 'start-instance':
      case 'activate':
        return this.#error ? void this.#withheld.push(step) : this.#options.perform(step);
      case 'stop-instance':
        // What never began must not begin after its end.
        this.#withheld = this.#withheld.filter(({ module, generation }) => module !== step.module || generation !== step.generation);
        return this.#options.perform(step);
      default:
        return this.#options.perform(step);
    }
  }

  async #persist(effect: Persist): Promise<void> {
    try {
      await this.#options.perform(effect);
      this.#recover();
    } catch (thrown) {
      this.#refused = effect;
      this.#complain(toGossipError(thrown, 'GOSSIP_E_DISK'));
      if (!this.#closed) this.#retry ??= setTimeout(() => this.#again(), this.#options.retryMs);
    }
  }

  #complain(error: GossipError): void {
    const news = this.#error?.message !== error.message;
    this.#error = error;
    if (news) this.#options.onDisk(error);
  }

  #again(): void {
    this.#retry = null;
    this.#enqueue([RETRY]);
  }

  #recover(): void {
    if (!this.#error) return;
    this.#error = null;
    this.#refused = null;
    this.#options.onDisk(null);
    this.#queue.unshift(...this.#withheld.splice(0));
  }
}
