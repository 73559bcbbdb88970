/**
 * How often the instances of one module may ask for exchanges (attack D11). A module that asks faster waits for its turn instead of being
 * refused: it cannot keep the core busy by asking again, and an honest burst loses nothing. On a strained node each exchange counts for more.
 */
import type { ModuleName } from '../model/names.ts';
import { EXCHANGE_BURST, EXCHANGES_PER_SECOND } from '../sdk/limits.ts';
import { TokenBucket } from '../model/token-bucket.ts';
import type { Ports } from './ports.ts';

/** Exchanges of one module that wait for their turn: more than its instances may have open. */
const MAX_WAITING = 256;

interface Turns {
  readonly bucket: TokenBucket;
  readonly waiting: (() => void)[];
}

export class Pace {
  readonly #ports: Ports;
  /** By module: those that ever ran here and asked. */
  readonly #turns = new Map<ModuleName, Turns>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Begins now, or in its turn; false when too many wait already. */
  begin(module: ModuleName, task: () => void): boolean {
    const turns = this.#of(module);
    if (turns.waiting.length >= MAX_WAITING) return false;
    turns.waiting.push(task);
    this.#next(module, turns);
    return true;
  }

  #next(module: ModuleName, turns: Turns): void {
    const { now, timers, strain } = this.#ports;
    while (turns.waiting.length > 0 && turns.bucket.take(now, strain.level)) turns.waiting.shift()?.();
    const pauseMs = (strain.level * 1_000) / EXCHANGES_PER_SECOND;
    if (turns.waiting.length > 0) timers.set(`pace/${module}`, now + pauseMs, () => this.#next(module, turns));
  }

  #of(module: ModuleName): Turns {
    const turns = this.#turns.get(module) ?? {
      bucket: new TokenBucket(EXCHANGE_BURST, 1_000 / EXCHANGES_PER_SECOND, this.#ports.now),
      waiting: [],
    };
    this.#turns.set(module, turns);
    return turns;
  }
}
