/**
 * Who watches whom. Members stand on a few rings, on each in another order that their ids give them, and each watches the next one on every ring
 * (Rapid: Suresh, Malkhi, Gopalan, Carreiro, Lokhandwala, 2018). So each is watched by about as many, whatever the size of the cluster, by members whose connections stay
 * warm; everybody finds the same watchers for a member, and a change concerns its neighbours alone.
 */

const RINGS = 4;
/** So many others are all watched. */
const FEW = 6;

const DIGITS = 8;

interface Placed {
  readonly id: string;
}

/** Those of `members` that `self` watches. */
export function watchedBy<Member extends Placed>(self: string, members: readonly Member[]): Member[] {
  return neighbours(self, members, (own, other) => (other - own) >>> 0);
}

/** Those of `members` that watch `self`, as far as they know the same members. */
export function watchersOf<Member extends Placed>(self: string, members: readonly Member[]): Member[] {
  return neighbours(self, members, (own, other) => (own - other) >>> 0);
}

/** The nearest on each ring that is not the nearest on an earlier one. */
function neighbours<Member extends Placed>(
  self: string,
  members: readonly Member[],
  distance: (own: number, other: number) => number,
): Member[] {
  const others = members.filter(({ id }) => id !== self);
  if (others.length <= FEW) return others;
  const found = new Set<Member>();
  for (let ring = 0; ring < RINGS; ring++) {
    const own = place(self, ring);
    let nearest: Member | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const other of others) {
      const far = distance(own, place(other.id, ring));
      const nearer = far < least || (far === least && nearest !== undefined && other.id < nearest.id);
      if (!nearer || found.has(other)) continue;
      nearest = other;
      least = far;
    }
    if (nearest !== undefined) found.add(nearest);
  }
  return [...found];
}

/** Where a member stands on a ring, 32 bits: another window of its id for each, mixed so that ids which are no hashes scatter too (MurmurHash3's last step). */
function place(id: string, ring: number): number {
  let bits = Number.parseInt(id.slice(ring * DIGITS, (ring + 1) * DIGITS), 16) ^ Math.imul(ring + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
