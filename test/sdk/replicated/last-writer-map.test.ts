/** The last-writer map and its repair, as properties; and what hostile peers say of it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  catchUp,
  digestsOf,
  entryJson,
  LastWriterMap,
  MAX_KEPT_KEYS,
  MAX_KEYS,
  MAX_TOMBSTONES,
  parseDigests,
  parseEntry,
  parseSummary,
  plan,
  summarize,
  summaryJson,
} from '../../../src/sdk/replicated.ts';
import type { LastWriterEntry } from '../../../src/sdk/replicated.ts';
import { asObject, BadInput } from '../../../src/sdk/index.ts';
import type { Json } from '../../../src/sdk/index.ts';

const MAX_ROWS = MAX_KEPT_KEYS + MAX_TOMBSTONES;
const WRITERS = ['', 'a'.repeat(64), 'b'.repeat(64)];

const entries: fc.Arbitrary<LastWriterEntry> = fc.record({
  key: fc.constantFrom('x', 'y', '__proto__', 'constructor'),
  version: fc.integer({ min: 1, max: 4 }),
  time: fc.integer({ min: 0, max: 2 }),
  writer: fc.constantFrom(...WRITERS),
  text: fc.constantFrom(null, '1', '{"a":[]}'),
});

const mapAt = (nowMs: () => number = () => 0): LastWriterMap => new LastWriterMap({ nowMs });

function merged(...lists: readonly (readonly LastWriterEntry[])[]): LastWriterMap {
  const map = mapAt();
  for (const entry of lists.flat()) map.merge(entry);
  return map;
}

/** What a peer or a successor reads of it: through JSON. */
function content(map: LastWriterMap): LastWriterEntry[] {
  const all = [...map.entries()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return (JSON.parse(JSON.stringify(all.map(entryJson))) as Json[]).map(parseEntry);
}

/** One round of `a` with `b`, of which every message but the first `heard` is lost, and each may be taken twice. */
function round(a: LastWriterMap, b: LastWriterMap, { heard, twice }: { readonly heard: number; readonly twice: boolean }): void {
  const carry = (body: unknown): Json => JSON.parse(JSON.stringify(body)) as Json;
  if (heard < 1) return;
  const compare = parseDigests(asObject(carry({ floor: a.floor, digests: digestsOf(a) }), 'a message'));
  const told = summarize(b, compare, 17);
  const summary = parseSummary(carry(told && summaryJson(told)), MAX_ROWS);
  if (heard < 2 || summary === null) return;
  const { gives, wants } = plan(a, summary);
  const taken = wants.map((key) => b.get(key)).filter((entry) => entry !== undefined);
  for (let time = 0; time < (twice ? 2 : 1); time += 1) for (const entry of gives) b.merge(parseEntry(carry(entryJson(entry))));
  if (heard < 3) return;
  for (let time = 0; time < (twice ? 2 : 1); time += 1)
    for (const entry of taken.toReversed()) a.merge(parseEntry(carry(entryJson(entry))));
  catchUp(a, summary);
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BadInput)) return String(error);
  }
  return 'BadInput or nothing';
}

describe('the last-writer map', () => {
  const lists = fc.array(entries, { maxLength: 12 });

  it('merges commutatively, associatively and idempotently', () => {
    fc.assert(
      fc.property(lists, lists, lists, (a, b, c) => {
        const outcome = content(merged(a, b, c));
        expect(content(merged(c, a, b))).toEqual(outcome);
        expect(content(merged(a, content(merged(b, c))))).toEqual(outcome);
        expect(content(merged(content(merged(a, b)), c))).toEqual(outcome);
        expect(content(merged(a, b, c, a, c, b))).toEqual(outcome);
      }),
    );
  });

  it('converges by anti-entropy, while messages are lost, come twice and in another order, and clocks are wrong', () => {
    const write = fc.record({ node: fc.nat(3), key: fc.constantFrom('x', 'y', 'z'), text: fc.constantFrom(null, '1', '2') });
    const meet = fc.record({ a: fc.nat(3), b: fc.nat(3), heard: fc.nat(3), twice: fc.boolean() });
    const clocks = fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.oneof(write, meet), { maxLength: 60 }), clocks, (steps, offsets) => {
        const maps = offsets.map((offset) => mapAt(() => 1e12 + offset));
        const at = (index: number): LastWriterMap => maps[index] as LastWriterMap;
        for (const step of steps) {
          if ('a' in step) round(at(step.a), at(step.b), step);
          else
            at(step.node).write(step.key, (stamp) => ({ key: step.key, text: step.text, writer: String(step.node).repeat(64), ...stamp }));
        }
        for (const _ of [1, 2]) for (const a of maps) for (const b of maps) round(a, b, { heard: 3, twice: false });
        for (const map of maps) expect(content(map)).toEqual(content(at(0)));
        for (const map of maps) expect(summarize(map, { floor: at(0).floor, digests: digestsOf(at(0)) }, 0)).toBeNull();
      }),
    );
  });

  it('agrees also where tombstones were dropped: nobody who slept brings a deleted key back', () => {
    let now = 1e12;
    const [a, b] = [mapAt(() => now), mapAt(() => now)];
    const write = (map: LastWriterMap, key: string, text: string | null): void =>
      void map.write(key, (stamp) => ({ key, text, writer: '', ...stamp }));
    write(a, 'kept', '1');
    write(a, 'gone', '1');
    round(a, b, { heard: 3, twice: false });
    write(a, 'gone', null);
    for (let count = 0; count <= MAX_TOMBSTONES; count += 1) {
      now += 2_000;
      write(a, `other/${count}`, null);
    }
    expect([a.get('gone'), a.tombstones <= MAX_TOMBSTONES, b.get('gone')?.text]).toEqual([undefined, true, '1']);
    write(a, 'kept', '2');
    for (let count = 0; count < 30; count += 1) round(b, a, { heard: 3, twice: false });
    expect([b.get('gone'), a.get('gone'), b.get('kept')?.text, b.floor]).toEqual([undefined, undefined, '2', a.floor]);
    const successor = mapAt(() => now);
    successor.restore({ clock: a.clock, floor: a.floor, entries: content(a) });
    expect([content(successor), successor.merge({ key: 'gone', version: 5, time: 0, writer: '', text: '1' })]).toEqual([
      content(a),
      'older',
    ]);
  });

  it('tells what is new and what is gone, with what was there before', () => {
    const told: string[] = [];
    const map = new LastWriterMap({ nowMs: () => 0, changed: (entry, before) => told.push(`${before?.text ?? '-'} ${entry.text ?? '-'}`) });
    const entry = { key: 'x', version: 3, time: 0, writer: '', text: '1' };
    expect([map.merge(entry), map.merge(entry), map.merge({ ...entry, version: 2 })]).toEqual(['applied', 'known', 'older']);
    map.dictate('x', (stamp) => ({ ...entry, ...stamp, text: '2' }));
    map.concede(9, () => true);
    expect(told).toEqual(['- 1', '1 2', '2 -']);
  });

  it('is bounded in what it writes, and in what it takes', () => {
    const map = mapAt();
    const entry = (key: number): LastWriterEntry => ({ key: `k${key}`, version: 1, time: 0, writer: '', text: '1' });
    for (let key = 0; key < MAX_KEYS; key += 1) map.merge(entry(key));
    expect(() => map.write('one-more', (stamp) => ({ ...entry(0), key: 'one-more', ...stamp }))).toThrow('the map holds 1000 keys already');
    for (let key = MAX_KEYS; key < MAX_KEPT_KEYS; key += 1) map.merge(entry(key));
    expect([map.merge(entry(MAX_KEPT_KEYS)), map.keys]).toEqual(['refused', MAX_KEPT_KEYS]);
  });
});

describe('what peers say', () => {
  const good = { key: 'x', version: 1, time: 0, writer: '', value: 1 };

  it('is read, or refused as bad input, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const readers = [parseEntry, (value: Json) => parseSummary(value, 10), (value: Json) => parseDigests(asObject(value, 'it'))];
        for (const read of readers) expect(refusal(() => read(body as Json))).toBe('BadInput or nothing');
      }),
    );
  });

  it.each<[string, () => unknown]>([
    ['a malformed key', () => parseEntry({ ...good, key: '<b>' })],
    ['a version of 0', () => parseEntry({ ...good, version: 0 })],
    ['a version beyond the bound', () => parseEntry({ ...good, version: 2 ** 49 })],
    ['a writer that is no node', () => parseEntry({ ...good, writer: 'me' })],
    ['a large value', () => parseEntry({ ...good, value: 'x'.repeat(5_000) })],
    ['too many rows', () => parseSummary({ floor: 0, complete: true, buckets: [], rows: [1, 2, 3] }, 2)],
    ['too many digests', () => parseDigests({ floor: 0, digests: Array.from({ length: 65 }, () => '0'.repeat(16)) })],
    ['a digest of another form', () => parseDigests({ floor: 0, digests: ['0'] })],
  ])('is not taken: %s', (_, read) => {
    expect(read).toThrow(BadInput);
  });
});
