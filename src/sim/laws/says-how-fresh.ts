/**
 * Law 9, of how fresh nodes are (attacks A4 and B16). Whoever has held nothing for an hour of rounds that most rendezvous nodes held at that time says that it is stale, and whoever
 * has held for some tips what most of them hold says that it is fresh. What each holds is read off the nodes, whatever tips say. A rendezvous node that is
 * not seen here is down or in other hands: it may have confirmed anything, and need not have confirmed what it should. Watched where a scenario says so: none of its
 * nodes is cut off, but from what is new, for so long that it misses all tips.
 */
import type { NodeId } from '../../model/names.ts';
import type { Happening, NodeSight } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

/** How long rounds are, and how long they are at most: those of a node that waits for its processor are longer (law 10). */
export interface RoundLengths {
  readonly roundMs: number;
  readonly longestMs: number;
}

const STALE_ROUNDS = 3_600;
/** Between two tips of a rendezvous node, and a quarter more. */
const TIP_ROUNDS = 375;
/** The last tip that confirms was made and passed on before. */
const TIPS_LATE = 2;
/** Whoever hears none of so many hears none at all. */
const TIPS_MISSED = 3;
/** Between two looks: what a node says of itself changes slowly here, and takes a while to say. */
const LOOK_ROUNDS = 50;

/** One start of a node. */
interface Life {
  readonly since: number;
  /** What it held when it was looked at. */
  readonly held: Set<string>;
  /** When it was last seen to hold what a rendezvous node held just then; where it never was, that may have been between its start and the first look. */
  readonly last: Map<NodeId, number>;
  /** Since when it was seen to do so each time. */
  readonly always: Map<NodeId, number>;
}

export class SaysHowFresh implements Law {
  readonly name = '9 (fresh and stale)';
  readonly #lives = new Map<NodeSight, Life>();
  readonly #staleMs: number;
  readonly #freshMs: number;
  readonly #lookMs: number;
  #lookAt = Infinity;

  constructor({ roundMs, longestMs }: RoundLengths) {
    this.#staleMs = STALE_ROUNDS * roundMs + TIPS_LATE * TIP_ROUNDS * longestMs;
    this.#freshMs = TIPS_MISSED * TIP_ROUNDS * longestMs;
    this.#lookMs = LOOK_ROUNDS * roundMs;
  }

  /** From now on. */
  watch(): void {
    this.#lookAt = 0;
  }

  observe({ type, node }: Happening, now: number): void {
    if (type === 'up') this.#lives.set(node, { since: now, held: new Set(), last: new Map(), always: new Map() });
    if (type === 'down') this.#lives.delete(node);
    if (now < this.#lookAt) return;
    this.#lookAt = now + this.#lookMs;
    this.#look(now);
  }

  #look(now: number): void {
    const contents = new Map([...this.#lives.keys()].map((node) => [node, contentOf(node)]));
    const ofIds = new Map([...contents].map(([{ peer }, content]) => [peer.id, content]));
    for (const [node, life] of this.#lives) {
      life.held.add(contents.get(node) ?? '');
      const rendezvous = node.root?.root.rendezvous.map(({ id }) => id) ?? [];
      for (const id of rendezvous) see(life, id, ofIds.get(id), now);
      if (rendezvous.some((id) => id !== node.peer.id)) this.#check(node, life, { rendezvous, isSeen: (id) => ofIds.has(id), now });
    }
  }

  #check(node: NodeSight, life: Life, { rendezvous, isSeen, now }: Looked): void {
    const { fresh, peer } = node;
    const most = Math.floor(rendezvous.length / 2);
    const lastOf = (id: NodeId): number => (id === peer.id || !isSeen(id) ? now : (life.last.get(id) ?? life.since));
    const sinceOf = (id: NodeId): number => (id === peer.id ? life.since : (life.always.get(id) ?? Infinity));
    const last = rendezvous.map(lastOf).toSorted((a, b) => b - a)[most] ?? life.since;
    const since = rendezvous.map(sinceOf).toSorted((a, b) => a - b)[most] ?? Infinity;
    if (fresh === true && now - last > this.#staleMs)
      this.#break(node, 'says that it is fresh, and is kept from what most rendezvous nodes hold');
    if (fresh !== false && now - last > this.#staleMs) this.#break(node, 'does not say that it is stale');
    if (fresh !== true && now - since > this.#freshMs)
      this.#break(
        node,
        `holds what most rendezvous nodes hold, and ${fresh === null ? 'does not say that it is fresh' : 'says that it is stale'}`,
      );
  }

  #break({ peer }: NodeSight, what: string): never {
    throw new LawBroken(this.name, `${peer.name} ${what}`);
  }
}

interface Looked {
  readonly rendezvous: readonly NodeId[];
  readonly isSeen: (id: NodeId) => boolean;
  readonly now: number;
}

/** `theirs`: what that rendezvous node holds; undefined: it is not seen. */
function see({ held, last, always }: Life, id: NodeId, theirs: string | undefined, now: number): void {
  if (theirs === undefined || !held.has(theirs)) {
    always.delete(id);
    return;
  }
  last.set(id, now);
  if (!always.has(id)) always.set(id, now);
}

/** All that tips are about: deployments, the root, and notes about nodes. */
function contentOf({ records, root, notes }: NodeSight): string {
  const hashes = [...records, ...(notes?.notes ?? [])].map(({ hash }) => hash);
  return [root?.hash ?? '', ...hashes.toSorted()].join(' ');
}
