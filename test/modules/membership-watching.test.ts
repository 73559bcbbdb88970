/** Who watches whom. */
import { array, assert, integer, property, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RINGS, watchedBy } from '../../src/modules/membership/watching.ts';

interface Placed {
  readonly id: string;
}

const ids = (min: number, max: number) =>
  uniqueArray(array(integer({ min: 0, max: 15 }), { minLength: 64, maxLength: 64 }), {
    minLength: min,
    maxLength: max,
    selector: (digits) => digits.join(),
  }).map((all): Placed[] => all.map((digits) => ({ id: digits.map((digit) => digit.toString(16)).join('') })));

/** As they are in tests: no hashes, and the same in every window. */
function plain(count: number): Placed[] {
  return Array.from({ length: count }, (_, index) => ({ id: (index + 1).toString(16).padStart(8, '0').repeat(8) }));
}

function reachedFrom(start: Placed, members: readonly Placed[]): number[] {
  const reached = new Set([start.id]);
  const hops: number[] = [];
  for (let edge = [start]; edge.length > 0;) {
    hops.push(edge.length);
    edge = edge.flatMap(({ id }) => watchedBy(id, members).slice(0, RINGS)).filter(({ id }) => !reached.has(id) && reached.add(id));
  }
  return hops;
}

describe('the rings of watchers', () => {
  it('in a small cluster everybody watches everybody', () => {
    for (let count = 1; count <= 7; count++) {
      for (const { id } of plain(count)) expect(watchedBy(id, plain(count))).toEqual(plain(count).filter((other) => other.id !== id));
    }
  });

  it('each watches four others, is watched by about as many, and by somebody in any case', () => {
    assert(
      property(ids(8, 60), (members) => {
        const watchers = new Map(members.map(({ id }) => [id, 0]));
        for (const { id } of members) {
          const watched = watchedBy(id, members);
          expect([watched.length, new Set(watched).size, watched.some((member) => member.id === id)]).toEqual([4, 4, false]);
          for (const member of watched) watchers.set(member.id, (watchers.get(member.id) ?? 0) + 1);
        }
        expect(Math.min(...watchers.values())).toBeGreaterThanOrEqual(1);
        // Further ones are those who would have watched the same member twice.
        expect(Math.max(...watchers.values())).toBeLessThanOrEqual(8);
      }),
      { numRuns: 50 },
    );
  });

  it('does not depend on the order in which members are known', () => {
    assert(
      property(ids(8, 40), (members) => {
        const { id } = members[0] as Placed;
        expect(watchedBy(id, members.toReversed())).toEqual(watchedBy(id, members));
      }),
      { numRuns: 50 },
    );
  });

  it('a member that goes changes only what its neighbours watch', () => {
    const members = plain(1_000);
    const [gone, ...rest] = members as [Placed, ...Placed[]];
    const changed = rest.filter(({ id }) => {
      const before = watchedBy(id, members);
      const after = watchedBy(id, rest);
      return before.some((member) => member !== gone && !after.includes(member)) || before.length !== after.length || before.includes(gone);
    });
    expect(changed.length).toBeLessThanOrEqual(8);
    expect(changed.length).toBeGreaterThanOrEqual(3);
  });

  it('most watch each other', () => {
    const members = plain(100);
    const watch = new Map(members.map(({ id }) => [id, watchedBy(id, members)]));
    const mutual = members.flatMap((member) => watchedBy(member.id, members).map(({ id }) => watch.get(id)?.includes(member) === true));
    expect(mutual.filter(Boolean).length / mutual.length).toBeGreaterThan(0.9);
  });

  it('news that each passes on to the next on each ring is everywhere after a handful of hops', () => {
    for (const count of [100, 1_000]) {
      const hops = reachedFrom(plain(count)[0] as Placed, plain(count));
      expect(hops.reduce((sum, reached) => sum + reached, 0)).toBe(count);
      expect(hops.length).toBeLessThanOrEqual(count === 100 ? 10 : 14);
    }
  });
});
