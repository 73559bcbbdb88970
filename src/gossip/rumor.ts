/**
 * Rumors. A new record goes at once along the tree that the records before it have shown (after Plumtree: Leitão, Pereira, Rodrigues, 2007): to those who did not know the last one yet when this node
 * told them, its *branches*. The active view is told a little later, one after the other, until some in sequence knew it already (feedback and counter: Demers et al. 1987): so a branch that broke is
 * mended, and grows anew where it is found. A node that has told nobody yet tells a few of its view at once, and with each answer the next: on a machine that is full, most know by the time the first
 * answers come. Whoever does not answer is told again; whoever is missed is found by digests.
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import { BoundedSet } from '../model/bounded.ts';
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import { RUMOR_AT_ONCE, RUMOR_ENOUGH, RUMOR_MARGIN } from './timing.ts';

/** Part of a round after which the view is told, most of which knows by then. */
const LATER = 0.25;
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
  /** Whether anybody ever answered: then the branches, many or none, are those of a tree. */
  #isInTree = false;
  /** Whether the view is told, too. */
  #isLater = false;

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
    this.#isLater = !this.#isInTree;
    this.#push(RUMOR_AT_ONCE);
    this.#schedule(this.#isLater ? 1 : LATER);
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
    this.#isInTree = true;
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
    // At first one, and the next as it answers: most know. Then whoever did not answer is told again, too.
    const count = this.#isLater ? RUMOR_AT_ONCE : 1;
    this.#isLater = true;
    this.#push(count);
    this.#schedule();
  }

  /** Tells `count` peers what they were not told yet: branches, and of the view when its time has come. */
  #push(count: number): void {
    const { view, push } = this.#parts;
    const untold = ({ id }: Peer): Hot[] => [...this.#hot.values()].filter(({ told }) => !told.has(id));
    const branches = this.#branchPeers().filter((peer) => untold(peer).length > 0);
    const along = branches.slice(0, count);
    const fits = (peer: Peer): boolean => !this.#branches.has(peer.id) && untold(peer).length > 0;
    const others = this.#isLater ? view.sample(count - along.length, fits) : [];
    for (const peer of [...along, ...others]) {
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

  /** The next round, after so many times the length of one. */
  #schedule(rounds = 1): void {
    const { ports } = this.#parts;
    if (ports.timers.due('rumor') === undefined)
      ports.timers.set('rumor', ports.now + rounds * ports.round(ports.timing.rumorMs), () => this.#round());
  }
}
