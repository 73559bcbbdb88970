/** Rumor mongering: a new record goes to a few peers at once and in the next rounds, until the peers already know it. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import { jittered, RUMOR_ENOUGH, RUMOR_FAN_OUT, RUMOR_MARGIN } from './timing.ts';

interface Hot {
  readonly record: VerifiedDeployment;
  roundsLeft: number;
}

export interface RumorParts {
  readonly ports: Ports;
  readonly hints: Hints;
  /** Whether the record is still worth spreading: a later one of its module replaces it. */
  readonly current: (record: VerifiedDeployment) => boolean;
  readonly push: (peer: Peer, records: readonly VerifiedDeployment[]) => void;
}

export class Rumors {
  readonly #parts: RumorParts;
  readonly #hot = new Map<PayloadHash, Hot>();
  /** Answers in sequence that held nothing new for the peer. */
  #knew = 0;

  constructor(parts: RumorParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#hot.size;
  }

  /** Begins to spread newly accepted records, at once; `from` told of them and need not be told. */
  spread(records: readonly VerifiedDeployment[], from: NodeId | null): void {
    const worth = records.filter(this.#parts.current);
    if (worth.length === 0) return;
    for (const record of worth) this.#hot.set(record.hash, { record, roundsLeft: this.#rounds() });
    this.#knew = 0;
    this.#push(worth, from);
    this.#schedule();
  }

  /** A peer answered; it did not know `fresh` of the records. */
  answered(fresh: number): void {
    this.#knew = fresh > 0 ? 0 : this.#knew + 1;
    if (this.#knew < RUMOR_ENOUGH) return;
    this.#hot.clear();
    this.#knew = 0;
  }

  /** ln n rounds reach n nodes with a fan-out of e or more; the margin covers losses. */
  #rounds(): number {
    return Math.ceil(Math.log(this.#parts.hints.size + 2)) + RUMOR_MARGIN;
  }

  #round(): void {
    for (const [hash, hot] of this.#hot) {
      hot.roundsLeft -= 1;
      if (hot.roundsLeft < 0 || !this.#parts.current(hot.record)) this.#hot.delete(hash);
    }
    if (this.#hot.size === 0) return;
    this.#push(
      [...this.#hot.values()].map(({ record }) => record),
      null,
    );
    this.#schedule();
  }

  #push(records: readonly VerifiedDeployment[], except: NodeId | null): void {
    for (const peer of this.#parts.hints.sample(RUMOR_FAN_OUT, ({ id }) => id !== except)) this.#parts.push(peer, records);
  }

  #schedule(): void {
    const { ports } = this.#parts;
    if (ports.timers.due('rumor') !== undefined) return;
    ports.timers.set('rumor', ports.now + jittered(ports.timing.rumorMs, ports.random), () => this.#round());
  }
}
