/** How bodies and states travel: JSON and text as ever, bytes so that nobody takes them for either. */
import { expect, test } from 'vitest';
import { carriesBytes, carry, saidBytes, saidOfCarried } from '../../src/sdk/carried.ts';
import { readJson } from '../../src/sdk/json-text.ts';

/** As a host of version 0.1 reads a body. */
const readAsBefore = (carried: Uint8Array): unknown => readJson(Buffer.from(carried).toString());

test('JSON is carried as its UTF-8 and nothing else, as before there were bytes', () => {
  for (const text of ['null', '"é"', '{"a":"😀"}', '', '\ufeffx']) {
    expect([...carry(text)]).toEqual([...Buffer.from(text)]);
    expect([saidOfCarried(carry(text)), carriesBytes(carry(text)), saidBytes(carry(text))]).toEqual([text, false, Buffer.byteLength(text)]);
  }
});

test('bytes come back as they were, and cost one byte', () => {
  for (const bytes of [[], [0], [0xff], [0xff, 0xff, 0x31], [0x31], Array.from({ length: 256 }, (_, byte) => byte)]) {
    const carried = carry(Uint8Array.from(bytes));
    expect([carried.length, saidBytes(carried), carriesBytes(carried)]).toEqual([bytes.length + 1, bytes.length, true]);
    expect([...(saidOfCarried(carried) as Uint8Array)]).toEqual(bytes);
  }
});

test('a host of version 0.1 finds no JSON in bytes, whatever they spell', () => {
  for (const text of ['1', 'null', '"x"', '{}', '[]', ' 1', '']) {
    expect(() => readAsBefore(carry(Buffer.from(text)))).toThrow(SyntaxError);
  }
  for (let byte = 0; byte < 256; byte++) expect(() => readAsBefore(carry(Uint8Array.of(byte)))).toThrow(SyntaxError);
});

test('what is carried may lie anywhere in a larger buffer', () => {
  const around = Buffer.concat([Buffer.from('ab'), carry(Uint8Array.of(1, 2)), Buffer.from('c')]);
  expect([...(saidOfCarried(around.subarray(2, 5)) as Uint8Array)]).toEqual([1, 2]);
});
