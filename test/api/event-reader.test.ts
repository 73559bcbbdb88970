/** Events are the same however the stream is cut. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventReader } from '../../src/api/event-reader.ts';

function read(pieces: readonly Uint8Array[]): unknown[] {
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.push(piece));
}

test('names, data over several lines, ids that stay, comments and fields that nobody knows', () => {
  const text = ': beat\n\nid: 1\nevent: a\ndata: x\ndata:y\n\nretry: 5\ndata\n\n:only a comment\n\ndata: z\r\n\r\nid: 2\n\n';
  expect(read([Buffer.from(text)])).toEqual([
    { name: 'a', data: 'x\ny', id: '1' },
    { name: '', data: '', id: '1' },
    { name: '', data: 'z', id: '1' },
  ]);
});

test('cut anywhere, within characters too, it says the same', () => {
  const events = fc.array(fc.record({ name: fc.constantFrom('', 'lost', 'é'), data: fc.string({ unit: 'grapheme' }) }), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(events, fc.array(fc.nat(), { maxLength: 20 }), (list, cuts) => {
      const plain = list.map(({ name, data }, at) => ({ name, data: JSON.stringify(data), id: String(at) }));
      const bytes = Buffer.from(
        plain.map(({ name, data, id }) => `id: ${id}\n${name === '' ? '' : `event: ${name}\n`}data: ${data}\n\n`).join(''),
      );
      const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
      expect(read(places.slice(1).map((end, at) => bytes.subarray(places[at], end)))).toEqual(plain);
    }),
  );
});

test('what never ends is given up', () => {
  const reader = new EventReader();
  const piece = Buffer.alloc(1024 * 1024, 'x');
  expect(() => Array.from({ length: 10 }, () => reader.push(piece))).toThrow('an event that never ends');
  const lines = new EventReader();
  expect(() => Array.from({ length: 10 }, () => lines.push(Buffer.from(`data: ${'x'.repeat(1024 * 1024)}\n`)))).toThrow(
    'an event that never ends',
  );
});
