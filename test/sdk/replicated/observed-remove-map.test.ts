/** The observed-remove map, as properties; and what hostile peers say to it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_KEPT_BYTES, MAX_WRITTEN_BYTES, ObservedRemoveMap } from '../../../src/sdk/replicated.ts';
import { BadInput } from '../../../src/sdk/index.ts';
import type { Json } from '../../../src/sdk/index.ts';

const writer = (number: number): string => String(number).padStart(32, '0');
const mapOf = (number: number): ObservedRemoveMap => new ObservedRemoveMap(writer(number));

/** What a peer or a successor reads of it. */
function carried(body: Json): Json {
  return JSON.parse(JSON.stringify(body)) as Json;
}

function content(map: ObservedRemoveMap): Record<string, Json[]> {
  return Object.fromEntries(
    map
      .keys()
      .toSorted()
      .map((key) => [key, map.get(key)]),
  );
}

/** The second hears what it lacks of the first. */
function tell(from: ObservedRemoveMap, to: ObservedRemoveMap): string[] {
  const delta = from.delta(carried(to.digest()));
  return delta === null ? [] : to.merge(carried(delta));
}

let others = 100;

/** A map that never writes, and holds all that these do. */
function joined(...maps: readonly ObservedRemoveMap[]): ObservedRemoveMap {
  const all = mapOf((others += 1));
  for (const map of maps) all.merge(carried(map.json()));
  return all;
}

const step = fc.oneof(
  fc.record({ at: fc.nat(2), key: fc.constantFrom('x', 'y', '__proto__'), value: fc.constantFrom(1, 'two', { three: [] }) }),
  fc.record({ at: fc.nat(2), gone: fc.constantFrom('x', 'y', '__proto__') }),
  fc.record({ at: fc.nat(2), from: fc.nat(2) }),
);

function play(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]): ObservedRemoveMap[] {
  const maps = [1, 2, 3].map(mapOf);
  const map = (index: number): ObservedRemoveMap => maps[index] as ObservedRemoveMap;
  for (const each of steps) {
    if ('from' in each) tell(map(each.from), map(each.at));
    else if ('gone' in each) map(each.at).delete(each.gone);
    else map(each.at).set(each.key, each.value);
  }
  return maps;
}

describe('the observed-remove map', () => {
  const steps = fc.array(step, { maxLength: 30 });

  it('merges commutatively, associatively and idempotently', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const [a, b, c] = play(list) as [ObservedRemoveMap, ObservedRemoveMap, ObservedRemoveMap];
        const outcome = content(joined(a, b, c));
        expect(content(joined(c, a, b))).toEqual(outcome);
        expect(content(joined(a, joined(b, c)))).toEqual(outcome);
        expect(content(joined(joined(a, b), c))).toEqual(outcome);
        expect(content(joined(a, b, c, b, a, c, c))).toEqual(outcome);
      }),
    );
  });

  it('converges by deltas, while some are lost, come twice, late and in another order', () => {
    const late = fc.array(fc.record({ from: fc.nat(2), at: fc.nat(2), before: fc.nat(20), times: fc.nat(2) }), { maxLength: 10 });
    fc.assert(
      fc.property(steps, steps, late, (first, second, delays) => {
        const maps = play(first);
        const map = (index: number): ObservedRemoveMap => maps[index] as ObservedRemoveMap;
        // Made now, taken after what comes next; or never.
        const underWay = delays.map(({ from, at, times }) => ({ at, times, delta: map(from).delta(carried(map(at).digest())) }));
        for (const each of second) {
          if ('from' in each) tell(map(each.from), map(each.at));
          else if ('gone' in each) map(each.at).delete(each.gone);
          else map(each.at).set(each.key, each.value);
        }
        for (const { at, times, delta } of underWay.toReversed()) {
          for (let time = 0; time < (delta === null ? 0 : times); time += 1) map(at).merge(carried(delta));
        }
        for (const _ of [1, 2]) for (const a of maps) for (const b of maps) tell(a, b);
        for (const each of maps) expect(content(each)).toEqual(content(map(0)));
        for (const a of maps) for (const b of maps) expect(a.delta(b.digest())).toBeNull();
      }),
    );
  });

  it('lets what is set elsewhere meanwhile outlive a deletion, and a deletion of what was seen take it for good', () => {
    const [a, b, c] = [mapOf(1), mapOf(2), mapOf(3)];
    a.set('milk', 1);
    expect(tell(a, b)).toEqual(['milk']);
    tell(a, c);
    a.delete('milk');
    b.set('milk', 2);
    expect([tell(b, a), tell(a, b), content(a), content(b)]).toEqual([['milk'], [], { milk: [2] }, { milk: [2] }]);
    expect([b.delete('milk'), b.delete('milk')]).toEqual([true, false]);
    // Whoever slept through it all has the first one still, and brings it back to nobody.
    expect([tell(b, a), tell(c, a), content(a), tell(a, c), content(c)]).toEqual([['milk'], [], {}, ['milk'], {}]);
  });

  it('keeps all that was set at the same time, until somebody who sees them writes again', () => {
    const [a, b] = [mapOf(1), mapOf(2)];
    a.set('x', 'a');
    b.set('x', 'b');
    tell(a, b);
    tell(b, a);
    expect([a.get('x'), b.get('x')]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    a.set('x', 'both');
    tell(a, b);
    expect([b.get('x'), b.get('y')]).toEqual([['both'], []]);
  });

  it('loses nothing of others where an instance begins again at an old checkpoint, for that is another writer', () => {
    const [before, b] = [mapOf(1), mapOf(2)];
    const checkpoint = carried(before.json());
    before.set('x', 1);
    tell(before, b);
    const after = mapOf(3);
    after.merge(checkpoint);
    after.set('y', 2);
    tell(after, b);
    tell(b, after);
    expect([content(b), content(after)]).toEqual([
      { x: [1], y: [2] },
      { x: [1], y: [2] },
    ]);
  });

  it('is bounded in what it writes and in what it takes, and what it keeps fits into a message', () => {
    const fill = (map: ObservedRemoveMap, name: string): string => {
      try {
        for (let count = 0; ; count += 1) map.set(`${name}/${count}`, '"\u20ac'.repeat(500));
      } catch (error) {
        return String(error);
      }
    };
    const maps = [1, 2, 3, 4, 5].map(mapOf);
    for (const [index, map] of maps.entries())
      expect(fill(map, String(index))).toBe(`BadInput: the map holds ${MAX_WRITTEN_BYTES} bytes already`);
    const all = joined(...maps.slice(0, 4));
    const bytes = Buffer.from(JSON.stringify(all.json())).length;
    expect([bytes > MAX_WRITTEN_BYTES, bytes < MAX_KEPT_BYTES + 64 * 1_024]).toEqual([true, true]);
    const before = content(all);
    expect(() => all.merge((maps[4] as ObservedRemoveMap).json())).toThrow('the map would hold more than 524288 bytes');
    expect(content(all)).toEqual(before);
  });
});

describe('what peers say', () => {
  const [one, two] = [writer(1), writer(2)];
  const hash = '0'.repeat(16);

  it('is taken, or refused as bad input and then without effect, whatever it is', () => {
    const dot = fc.oneof(fc.tuple(fc.nat(2), fc.nat(3)), fc.tuple(fc.nat(2), fc.nat(3), fc.constantFrom('a', null)));
    const delta = fc.record({
      seen: fc.array(fc.tuple(fc.constantFrom(one, two, writer(3)), fc.nat(3)), { maxLength: 3 }),
      entries: fc.array(fc.tuple(fc.constantFrom('x', 'y', '<b>'), fc.array(dot, { maxLength: 3 })), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), delta), (body) => {
        const map = mapOf(1);
        map.set('x', 'mine');
        const before = content(map);
        const refused = (act: () => unknown): boolean => {
          try {
            act();
            return false;
          } catch (error) {
            if (error instanceof BadInput) return true;
            throw error;
          }
        };
        const wasRefused = refused(() => map.merge(body as Json));
        refused(() => map.delta(body as Json));
        const after = content(map);
        expect(wasRefused ? after : before).toEqual(before);
        // It goes on.
        map.set('x', 'again');
        expect(map.get('x')).toEqual(['again']);
        expect(content(joined(map))).toEqual(content(map));
      }),
    );
  });

  it.each<[string, Json]>([
    ['a dot that it has not seen', { seen: [[two, 1]], entries: [['x', [[0, 2, 1]]]] }],
    ['a dot of nobody', { seen: [[two, 1]], entries: [['x', [[1, 1, 1]]]] }],
    [
      'a dot at two keys',
      {
        seen: [[two, 1]],
        entries: [
          ['x', [[0, 1, 1]]],
          ['y', [[0, 1, 1]]],
        ],
      },
    ],
    [
      'a key twice',
      {
        seen: [[two, 2]],
        entries: [
          ['x', [[0, 1, 1]]],
          ['x', [[0, 2, 1]]],
        ],
      },
    ],
    ['a key without dots', { seen: [[two, 1]], entries: [['x', []]] }],
    [
      'a writer twice',
      {
        seen: [
          [two, 1],
          [two, 2],
        ],
        entries: [],
      },
    ],
    ['a writer that is no instance', { seen: [['me', 1]], entries: [] }],
    ['writes of this instance that it never made', { seen: [[one, 7]], entries: [] }],
    ['a new dot without its value', { seen: [[two, 1]], entries: [['x', [[0, 1]]]] }],
    ['a large value', { seen: [[two, 1]], entries: [['x', [[0, 1, 'x'.repeat(5_000)]]]] }],
    ['a malformed key', { seen: [[two, 1]], entries: [['<b>', [[0, 1, 1]]]] }],
    ['a count beyond all', { seen: [[two, 2 ** 50]], entries: [] }],
  ])('is not taken: %s', (_, delta) => {
    expect(() => mapOf(1).merge(delta)).toThrow(BadInput);
  });

  it('is not answered where it is no digest', () => {
    for (const digest of [null, {}, { seen: [], hash: '' }, { seen: [[one]], hash }])
      expect(() => mapOf(1).delta(digest)).toThrow(BadInput);
    expect(mapOf(1).delta({ seen: [], hash })).toBeNull();
  });
});
