/**
 * The list of those who were admitted. It is bounded, as a whole and for each token, and who stands on it stays: whoever comes
 * when its token's places are taken is a guest, let in for as long as the token holds and forgotten first (attack B19). A guest
 * that answers at the address it gave takes the place of one that never did.
 */
import * as v from 'valibot';
import { BoundedMap } from '../../model/bounded.ts';
import { isNodeId } from '../../model/names.ts';
import type { NodeId } from '../../model/names.ts';

/** Who delegated, as `verifyAdmission` names it; null where that was not written down yet. */
export type TokenId = string;

export interface MemberListLimits {
  /** Places altogether. Default 20,000. */
  readonly members: number;
  /** Of these, for those who came with one token. Default 4,096. */
  readonly perToken: number;
  /** Guests remembered; the one seen longest ago is forgotten first, and shows its admission again. Default 1,024. */
  readonly guests: number;
}

const MEMBER_LIST_LIMITS: MemberListLimits = Object.freeze({ members: 20_000, perToken: 4_096, guests: 1_024 });

/** On disk: the ids, which older versions read, and after them what else is known of them, by place. */
const detailsSchema = v.object({
  tokens: v.array(v.string()),
  /** For each id the place of its token; -1 where it is not known. */
  of: v.array(v.number()),
  /** Places of those that proved themselves. */
  proven: v.array(v.number()),
});

export class MemberList {
  readonly #limits: MemberListLimits;
  readonly #members = new Map<NodeId, TokenId | null>();
  readonly #proven = new Set<NodeId>();
  /** Those that have not proved themselves yet, oldest first. */
  readonly #unproven = new Map<TokenId | null, Set<NodeId>>();
  readonly #counts = new Map<TokenId | null, number>();
  readonly #guests: BoundedMap<NodeId, TokenId>;

  constructor(kept: unknown, limits: MemberListLimits = MEMBER_LIST_LIMITS) {
    this.#limits = limits;
    this.#guests = new BoundedMap(limits.guests);
    const list: unknown[] = Array.isArray(kept) ? kept : [];
    const ids = list.filter((id): id is NodeId => typeof id === 'string' && isNodeId(id)).slice(0, limits.members);
    const details = v.safeParse(detailsSchema, list.at(-1));
    const { tokens, of, proven } = details.success ? details.output : { tokens: [], of: [], proven: [] };
    const places = new Set(proven);
    for (const [place, id] of ids.entries()) {
      this.#enter(id, tokens[of[place] ?? -1] ?? null);
      if (places.has(place)) this.#prove(id);
    }
  }

  has(id: NodeId): boolean {
    return this.#members.has(id) || this.#guests.has(id);
  }

  /** Enters whoever showed an admission by this token; false: it is a guest. */
  admit(id: NodeId, token: TokenId): boolean {
    const free = this.#members.size < this.#limits.members && (this.#counts.get(token) ?? 0) < this.#limits.perToken;
    if (free) this.#enter(id, token);
    else this.#invite(id, token);
    return free;
  }

  /** It answered at the address where it said that it listens. Whether the list changed. */
  proved(id: NodeId): boolean {
    if (this.#proven.has(id)) return false;
    const token = this.#guests.get(id);
    if (token !== undefined && !this.#seat(id, token)) return false;
    return this.#prove(id);
  }

  /** For the disk. */
  kept(): unknown[] {
    const ids = [...this.#members.keys()];
    const tokens = [...new Set(this.#members.values())].filter((token) => token !== null);
    const places = new Map(tokens.map((token, place) => [token, place]));
    const of = [...this.#members.values()].map((token) => (token === null ? -1 : (places.get(token) ?? -1)));
    return [...ids, { tokens, of, proven: ids.flatMap((id, place) => (this.#proven.has(id) ? place : [])) }];
  }

  #enter(id: NodeId, token: TokenId | null): void {
    if (this.#members.has(id)) return;
    this.#members.set(id, token);
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
    this.#unproven.set(token, (this.#unproven.get(token) ?? new Set()).add(id));
  }

  #invite(id: NodeId, token: TokenId): void {
    this.#guests.set(id, token);
  }

  /** Gives a guest a place: a free one, or that of the last who came and never proved itself. */
  #seat(id: NodeId, token: TokenId): boolean {
    const full = (this.#counts.get(token) ?? 0) >= this.#limits.perToken;
    if (full || this.#members.size >= this.#limits.members) {
      const last = [...(full ? (this.#unproven.get(token) ?? []) : this.#mostUnproven())].at(-1);
      if (last === undefined) return false;
      this.#leave(last);
    }
    this.#guests.delete(id);
    this.#enter(id, token);
    return true;
  }

  #mostUnproven(): Iterable<NodeId> {
    return [...this.#unproven.values()].reduce((most, ids) => (ids.size > most.size ? ids : most), new Set());
  }

  #leave(id: NodeId): void {
    const token = this.#members.get(id) ?? null;
    this.#members.delete(id);
    this.#unproven.get(token)?.delete(id);
    this.#counts.set(token, (this.#counts.get(token) ?? 1) - 1);
  }

  #prove(id: NodeId): boolean {
    const token = this.#members.get(id);
    if (token === undefined) return false;
    this.#proven.add(id);
    this.#unproven.get(token)?.delete(id);
    return true;
  }
}
