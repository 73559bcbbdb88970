/**
 * Rumors (after Demers et al. 1987, with feedback and counter): a new record goes at once to those who did not know the last one yet when this node told them, its *branches* (after Plumtree:
 * Leitão, Pereira, Rodrigues, 2007), and to a few of the active view, and each answer makes room for the next peer, until some in sequence knew it already. So the branches of all nodes are a tree that reaches
 * everybody, and the others find a shorter way where a branch is slow, and another one where it broke. Whoever does not answer is told again; whoever is missed is found by digests.
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import { BoundedSet } from '../model/bounded.ts';
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import { RUMOR_AT_ONCE, RUMOR_ENOUGH, RUMOR_MARGIN } from './timing.ts';

/** Those who claim that all is new to them take the place of others, and no more. */
const MAX_BRANCHES = 8;

interface Hot {
  readonly record: VerifiedDeployment;
  /** Who told of it, and who was told. */
  readonly told: Set<NodeId>;
  roundsLeft: number;
}

export interface RumorParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: Pick<ActiveView, 'sample'>;
  /** Whether the record is still worth spreading: a later one of its module replaces it. */
  readonly current: (record: VerifiedDeployment) => boolean;
  readonly push: (peer: Peer, records: readonly VerifiedDeployment[]) => void;
}

export class Rumors {
  readonly #parts: RumorParts;
  readonly #hot = new Map<PayloadHash, Hot>();
  /** Answers in sequence that held nothing new for the peer. */
  #knew = 0;
  /** Who did not know the last record yet that this node told them: in its view or not any more. */
  readonly #branches = new BoundedSet<NodeId>(MAX_BRANCHES);

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
      this.#branches.delete(id);
      for (const { told } of this.#hot.values()) told.delete(id);
      return;
    }
    if (fresh > 0) this.#branches.add(id);
    else this.#branches.delete(id);
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

  /** Tells all branches what they were not told yet, and of the view as many as make `count`. */
  #push(count: number): void {
    const { view, push } = this.#parts;
    const untold = ({ id }: Peer): Hot[] => [...this.#hot.values()].filter(({ told }) => !told.has(id));
    const branches = this.#branchPeers().filter((peer) => untold(peer).length > 0);
    const fits = (peer: Peer): boolean => !this.#branches.has(peer.id) && untold(peer).length > 0;
    for (const peer of [...branches, ...view.sample(Math.max(0, count - branches.length), fits)]) {
      const news = untold(peer);
      for (const { told } of news) told.add(peer.id);
      push(
        peer,
        news.map(({ record }) => record),
      );
    }
  }

  #branchPeers(): Peer[] {
    const { hints } = this.#parts;
    return [...this.#branches].flatMap((id) => (hints.isAway(id) ? [] : (hints.get(id) ?? [])));
  }

  #schedule(): void {
    const { ports } = this.#parts;
    if (ports.timers.due('rumor') === undefined)
      ports.timers.set('rumor', ports.now + ports.round(ports.timing.rumorMs), () => this.#round());
  }
}
