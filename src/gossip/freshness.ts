/**
 * Whether what a node holds is what the rendezvous nodes hold, as most of them say in their tips. By this node's own clock alone: what counts is how long ago a new tip
 * came that names nothing but what is held here (law 7).
 */
import type { NodeId } from '../model/names.ts';
import type { Digest } from './digest.ts';
import type { Tip } from '../trust/tip.ts';
import { isNewer } from '../trust/tip.ts';

/** Own digests that are remembered: a tip may name one of before, for what is new comes to some earlier than to others. */
const MAX_DIGESTS = 32;

/** What a node tells of how fresh it is. */
export interface FreshnessView {
  /** Whether most rendezvous nodes have confirmed it lately; null: not yet, and not for long; or there is nobody to confirm anything. */
  readonly fresh: boolean | null;
  /** When most of them had last confirmed it, by the node's forward clock; null: never since its start. */
  readonly confirmedAt: number | null;
  /** The rendezvous nodes: when the newest tip came that confirms, and what time the newest of all tells by its own clock. */
  readonly tips: readonly { readonly id: NodeId; readonly confirmedAt: number | null; readonly time: number | null }[];
}

interface Known {
  readonly tip: Tip;
  /** When it came; null: before this start. */
  readonly seenAt: number | null;
}

export interface FreshnessParts {
  readonly self: NodeId;
  readonly rendezvous: () => readonly { readonly id: NodeId }[];
  readonly held: () => { readonly digest: Digest; readonly rootVersion: number };
  readonly staleMs: number;
}

export class Freshness {
  readonly #parts: FreshnessParts;
  readonly #known = new Map<NodeId, Known>();
  readonly #confirmed = new Map<NodeId, number>();
  #digests: readonly Digest[] = [];
  #startedAt = 0;

  constructor(parts: FreshnessParts) {
    this.#parts = parts;
  }

  start(now: number): void {
    this.#startedAt = now;
  }

  /** A tip of before the start: it is none that is new. */
  restore(tip: Tip): void {
    this.#known.set(tip.id, { tip, seenAt: null });
  }

  /** False where it is no rendezvous node's, or not newer than the one that is known. */
  take(tip: Tip, now: number): boolean {
    const before = this.#known.get(tip.id)?.tip;
    if (tip.id === this.#parts.self || !this.#isRendezvous(tip.id) || (before !== undefined && !isNewer(tip, before))) return false;
    this.#known.set(tip.id, { tip, seenAt: now });
    this.#confirm(tip.id);
    return true;
  }

  /** What is held may have changed: a tip that named it earlier than it came confirms it, as of when the tip came. */
  changed(): void {
    const { digest } = this.#parts.held();
    if (this.#digests.at(-1) === digest) return;
    this.#digests = [...this.#digests, digest].slice(-MAX_DIGESTS);
    for (const id of this.#known.keys()) this.#confirm(id);
  }

  view(now: number): FreshnessView {
    const rendezvous = this.#parts.rendezvous();
    const tips = rendezvous.map(({ id }) => ({
      id,
      confirmedAt: id === this.#parts.self ? now : (this.#confirmed.get(id) ?? null),
      time: this.#known.get(id)?.tip.time ?? null,
    }));
    const others = rendezvous.filter(({ id }) => id !== this.#parts.self).length;
    if (others === 0) return { fresh: null, confirmedAt: null, tips };
    const needed = Math.floor(rendezvous.length / 2) + 1;
    const confirmed = tips.flatMap(({ confirmedAt }) => confirmedAt ?? []).sort((a, b) => b - a);
    const confirmedAt = confirmed[needed - 1] ?? null;
    const isLong = now - (confirmedAt ?? this.#startedAt) > this.#parts.staleMs;
    return { fresh: isLong ? false : confirmedAt === null ? null : true, confirmedAt, tips };
  }

  #isRendezvous(id: NodeId): boolean {
    return this.#parts.rendezvous().some((node) => node.id === id);
  }

  /** A tip that names what was never held here, or a later root, says that something is kept from this node. */
  #confirm(id: NodeId): void {
    const known = this.#known.get(id);
    if (known === undefined || known.seenAt === null || known.tip.rootVersion > this.#parts.held().rootVersion) return;
    if (this.#digests.includes(known.tip.digest)) this.#confirmed.set(id, known.seenAt);
  }
}
