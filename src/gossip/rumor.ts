/**
 * Rumors (after Plumtree): a new record goes to a few of the active view at once, and a little later to the rest of it, unless
 * most knew it by then. Whoever does not answer is told again in the next rounds; whoever is missed is found by digests.
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import { RUMOR_EAGER, RUMOR_ENOUGH, RUMOR_MARGIN } from './timing.ts';

interface Hot {
  readonly record: VerifiedDeployment;
  /** Who told of it, and who was told. */
  readonly told: Set<NodeId>;
  roundsLeft: number;
}

export interface RumorParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: ActiveView;
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
    for (const record of worth)
      this.#hot.set(record.hash, { record, told: new Set(from === null ? [] : [from]), roundsLeft: this.#rounds() });
    this.#knew = 0;
    this.#push(RUMOR_EAGER);
    this.#schedule(this.#parts.ports.timing.lazyMs);
  }

  /** What came of a push: the peer did not know `fresh` of the records; null when it did not answer, and is told again. */
  answered({ id }: Peer, fresh: number | null): void {
    if (fresh === null) {
      for (const { told } of this.#hot.values()) told.delete(id);
      return;
    }
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
    this.#push();
    this.#schedule(this.#parts.ports.timing.rumorMs);
  }

  /** Tells `count` peers of the view, or all of it, what they were not told yet. */
  #push(count?: number): void {
    const { view, push } = this.#parts;
    const untold = ({ id }: Peer): Hot[] => [...this.#hot.values()].filter(({ told }) => !told.has(id));
    for (const peer of view.sample(count, (candidate) => untold(candidate).length > 0)) {
      const news = untold(peer);
      for (const { told } of news) told.add(peer.id);
      push(
        peer,
        news.map(({ record }) => record),
      );
    }
  }

  /** Sooner than it was set before, never later: what is new need not wait for what is told again. */
  #schedule(pauseMs: number): void {
    const { ports } = this.#parts;
    const at = ports.now + ports.round(pauseMs);
    if (at < (ports.timers.due('rumor') ?? Number.POSITIVE_INFINITY)) ports.timers.set('rumor', at, () => this.#round());
  }
}
