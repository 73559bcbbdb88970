/** The map's merge, as properties. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/modules/registry/entry.ts';
import { parseEntries } from '../../src/modules/registry/entry.ts';
import { ReplicatedMap } from '../../src/modules/registry/map.ts';
import { writeValue } from '../../src/modules/registry/requests.ts';
import { compareEntries, digestsOf, MAX_TOMBSTONES } from '../../src/sdk/replicated.ts';
import { MAX_LEAP } from '../../src/sdk/replicated/hybrid-clock.ts';

const WRITERS = ['', 'a'.repeat(64), 'b'.repeat(64)];

const entries: fc.Arbitrary<Entry> = fc
  .record({
    key: fc.constantFrom('x', 'y', 'z'),
    version: fc.integer({ min: 1, max: 4 }),
    time: fc.integer({ min: 0, max: 2 }),
    writer: fc.constantFrom(...WRITERS),
    text: fc.constantFrom(null, '1', '2'),
    ttlMs: fc.constantFrom(undefined, undefined, 1_000, 2_000),
  })
  // Nobody writes one version twice; what is left of a value with a time to live is each node's own affair.
  .map((entry) => (entry.ttlMs === undefined ? entry : { ...entry, text: '1' }));

function mapOf(list: readonly Entry[]): ReplicatedMap {
  const map = new ReplicatedMap(() => 0);
  for (const entry of list) map.merge(entry);
  return map;
}

function content(map: ReplicatedMap): Entry[] {
  return [...map.entries()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

describe('the replicated map', () => {
  it('is the same in whatever order and how often entries arrive', () => {
    const shuffled = fc
      .array(entries, { maxLength: 20 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(content(mapOf([...other, ...list]))).toEqual(content(mapOf(list)));
        expect(digestsOf(mapOf(other))).toEqual(digestsOf(mapOf(list)));
      }),
    );
  });

  it('orders entries totally', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        expect(Math.sign(compareEntries(a, b))).toBe(-Math.sign(compareEntries(b, a)) + 0);
      }),
    );
  });

  it('says what a merge did', () => {
    const map = mapOf([{ key: 'x', version: 2, time: 0, writer: '', text: '1' }]);
    const entry = { key: 'x', version: 2, time: 0, writer: '', text: '1' };
    expect(map.merge(entry)).toBe('known');
    expect(map.merge({ ...entry, version: 1 })).toBe('older');
    expect(map.merge({ ...entry, version: 3 })).toBe('applied');
    expect(map.merge({ ...entry, version: MAX_LEAP + 1 })).toBe('refused');
  });

  it('drops the oldest tombstones beyond the bound and refuses what lies below the floor', () => {
    const map = new ReplicatedMap(() => 0);
    const ghost = { key: 'ghost', version: 1, time: 0, writer: '', text: '1' };
    map.merge(ghost);
    writeValue(map, { key: 'ghost', text: null, writer: '' });
    expect(map.merge(ghost)).toBe('older');
    for (let index = 0; index <= MAX_TOMBSTONES; index++) writeValue(map, { key: `never/${index}`, text: null, writer: '' });
    expect([map.get('ghost'), map.tombstones <= MAX_TOMBSTONES, map.floor >= 1]).toEqual([undefined, true, true]);
    expect(map.merge(ghost)).toBe('older');
  });

  it.each([
    ['a key of the prototype chain with a tag', { key: '<b>', version: 1, time: 0, writer: '', value: 1 }],
    ['a version of 0', { key: 'x', version: 0, time: 0, writer: '', value: 1 }],
    ['a version beyond the bound', { key: 'x', version: 2 ** 49, time: 0, writer: '', value: 1 }],
    ['a writer that is no node', { key: 'x', version: 1, time: 0, writer: 'me', value: 1 }],
    ['a time to live of no whole number', { key: 'x', version: 1, time: 0, writer: '', value: 1, ttlMs: 1_000.5 }],
    ['a time to live beyond the bound', { key: 'x', version: 1, time: 0, writer: '', value: 1, ttlMs: 1e12 }],
    ['a large value', { key: 'x', version: 1, time: 0, writer: '', value: 'x'.repeat(5_000) }],
  ])('does not read %s', (_, entry) => {
    expect(() => parseEntries([entry], 1)).toThrow(Error);
  });

  it('holds names of the prototype chain like any other key', () => {
    const map = mapOf(['__proto__', 'constructor'].map((key) => ({ key, version: 1, time: 0, writer: '', text: '1' })));
    expect([map.keys, map.get('toString'), map.get('__proto__')?.text]).toEqual([2, undefined, '1']);
  });
});
