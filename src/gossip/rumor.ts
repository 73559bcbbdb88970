/**
 * Rumors (after Demers et al. 1987, with feedback and counter): a new record goes to a few of the active view at once, and each answer makes
 * room for the next peer, until some in sequence knew it already. So a wave is as wide as its nodes are quick: on a machine
 * that is full, most know by the time the first answers come. Whoever does not answer is told again; whoever is missed is found by digests.
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import { RUMOR_AT_ONCE, RUMOR_ENOUGH, RUMOR_MARGIN } from './timing.ts';

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
    this.#push(RUMOR_AT_ONCE);
    this.#schedule();
  }

  /** A peer sent these records: it need not be told of them. */
  heard(records: readonly VerifiedDeployment[], from: NodeId): void {
    for (const { hash } of records) this.#hot.get(hash)?.told.add(from);
  }

  /** What came of a push: the peer did not know `fresh` of the records; null when it did not answer, and is told again. */
  answered({ id }: Peer, fresh: number | null): void {
    if (fresh === null) {
      for (const { told } of this.#hot.values()) told.delete(id);
      return;
    }
    this.#knew = fresh > 0 ? 0 : this.#knew + 1;
    if (this.#knew < RUMOR_ENOUGH) return this.#push(1);
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
    this.#push(RUMOR_AT_ONCE);
    this.#schedule();
  }

  /** Tells `count` peers of the view what they were not told yet. */
  #push(count: number): void {
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

  #schedule(): void {
    const { ports } = this.#parts;
    if (ports.timers.due('rumor') === undefined)
      ports.timers.set('rumor', ports.now + ports.round(ports.timing.rumorMs), () => this.#round());
  }
}
