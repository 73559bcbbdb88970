/**
 * Who watches whom. Members stand on two rings, on each in another order that their ids give them, and on every ring neighbours watch each other
 * (as in Rapid: Suresh, Malkhi, Gopalan, Carreiro, Lokhandwala, 2018; there each watches the next alone). So each is watched by about as many, whatever the size of the
 * cluster, by members whose connections stay warm; everybody finds the same watchers for a member, and a change concerns its neighbours alone. One exchange tells both of a pair that the other lives.
 */

export const RINGS = 2;
/** So many others are all watched. */
const FEW = 6;

const DIGITS = 8;

interface Placed {
  readonly id: string;
}

/** Those of `members` that `self` watches: on each ring the next, in the order of the rings, then on each the one before. */
export function watchedBy<Member extends Placed>(self: string, members: readonly Member[]): Member[] {
  const others = members.filter(({ id }) => id !== self);
  if (others.length <= FEW) return others;
  const found = new Set<Member>();
  for (const way of [onwards, backwards])
    for (let ring = 0; ring < RINGS; ring++) {
      const nearest = nearestOn(ring, self, others, (member) => !found.has(member), way);
      if (nearest !== undefined) found.add(nearest);
    }
  return [...found];
}

type Way = (own: number, other: number) => number;
const onwards: Way = (own, other) => (other - own) >>> 0;
const backwards: Way = (own, other) => (own - other) >>> 0;

function nearestOn<Member extends Placed>(
  ring: number,
  self: string,
  members: readonly Member[],
  fits: (member: Member) => boolean,
  way: Way,
): Member | undefined {
  const own = place(self, ring);
  let nearest: Member | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const member of members) {
    const far = way(own, place(member.id, ring));
    const nearer = far < least || (far === least && nearest !== undefined && member.id < nearest.id);
    if (!nearer || !fits(member)) continue;
    nearest = member;
    least = far;
  }
  return nearest;
}

/** Where a member stands on a ring, 32 bits: another window of its id for each, mixed so that ids which are no hashes scatter too (MurmurHash3's last step). */
function place(id: string, ring: number): number {
  let bits = Number.parseInt(id.slice(ring * DIGITS, (ring + 1) * DIGITS), 16) ^ Math.imul(ring + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
