/** A bounded set with random draws in constant time: an array for drawing beside an index for finding. */
import type { NodeId } from '../model/names.ts';

/** Random draws before the pool is searched through: enough to find a fitting member of a mostly fitting pool. */
const TRIES = 12;
/** Members compared to find one to give up. */
const COMPARED = 16;

export class Pool<Member extends { readonly id: NodeId }> {
  readonly #capacity: number;
  readonly #random: () => number;
  readonly #members: Member[] = [];
  readonly #places = new Map<NodeId, number>();

  constructor(capacity: number, random: () => number) {
    this.#capacity = capacity;
    this.#random = random;
  }

  get size(): number {
    return this.#members.length;
  }

  get(id: NodeId): Member | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#members[place];
  }

  values(): readonly Member[] {
    return this.#members;
  }

  /** Adds a member. A full pool gives up the worst of a few drawn at random; never one whose badness is negative. */
  add(member: Member, badness: (candidate: Member) => number): void {
    while (this.#members.length >= this.#capacity) {
      const compared = Array.from({ length: COMPARED }, () => this.#any());
      const worst = compared.reduce((a, b) => (a !== undefined && b !== undefined && badness(b) > badness(a) ? b : a));
      if (worst === undefined || badness(worst) < 0) return;
      this.delete(worst.id);
    }
    this.#places.set(member.id, this.#members.push(member) - 1);
  }

  delete(id: NodeId): void {
    const place = this.#places.get(id);
    const last = this.#members.at(-1);
    if (place === undefined || last === undefined) return;
    this.#members.pop();
    this.#places.delete(id);
    if (last.id === id) return;
    this.#members[place] = last;
    this.#places.set(last.id, place);
  }

  /** A random member for which `fits` holds, at the given weights (at most 1). */
  draw(weight: (member: Member) => number, fits: (member: Member) => boolean): Member | undefined {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const member = this.#any();
      if (member !== undefined && fits(member) && this.#random() < weight(member)) return member;
    }
    const begin = Math.floor(this.#random() * this.#members.length);
    return this.#members.find((member, place) => place >= begin && fits(member)) ?? this.#members.find(fits);
  }

  #any(): Member | undefined {
    return this.#members[Math.floor(this.#random() * this.#members.length)];
  }
}
