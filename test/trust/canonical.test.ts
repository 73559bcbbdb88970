import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as canonicals from '../../src/trust/canonical.ts';
import { canonicalBytes, parseCanonical, parseJson } from '../../src/trust/canonical.ts';
import { outcome } from './fixture.ts';
import { mutant } from './mutant.ts';

const limits = { maxBytes: 1_024, maxDepth: 8 };
const bytes = (text: string) => new TextEncoder().encode(text);

afterEach(() => {
  vi.restoreAllMocks();
});

test('what was written canonically is read back the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      const encoded = canonicalBytes(plain);
      expect(parseCanonical(encoded, { maxBytes: encoded.length, maxDepth: 8 })).toEqual(plain);
    }),
  );
});

test('object keys are sorted by UTF-16 code units and nothing is spaced', () => {
  expect(new TextDecoder().decode(canonicalBytes({ b: [1, 'é'], a: { '\u20ac': 1, '\r': 2 } }))).toBe('{"a":{"\\r":2,"€":1},"b":[1,"é"]}');
});

test.each([NaN, Infinity, undefined, '\ud800', { deep: [NaN] }, 1n])('%s has no canonical form', (value) => {
  expect(outcome(() => canonicalBytes(value))).toBe('GOSSIP_E_CANONICAL');
});

describe('C1: another spelling of signed JSON', () => {
  const spellings = {
    'float for an integer': '{"a":1.0}',
    exponent: '{"a":1e3}',
    'negative zero': '{"a":-0}',
    'more digits than a number has': '{"a":0.10000000000000001}',
    'integer past precision': '{"a":9007199254740993}',
    'space inside': '{"a": 1}',
    'space after': '{"a":1}\n',
    'needless escape': '{"a":"\\u0041"}',
    'escaped slash': '{"a":"\\/"}',
    'duplicate key, same value': '{"a":1,"a":1}',
    'duplicate key, other value': '{"a":1,"a":2}',
    'unsorted keys': '{"b":1,"a":1}',
  };

  test.each(Object.entries(spellings))('%s is refused', (_name, text) => {
    expect(outcome(() => parseCanonical(bytes(text), limits))).toBe('GOSSIP_E_CANONICAL');
  });

  test('each would be taken without the check of the form', async () => {
    const open = await mutant<typeof canonicals>('trust/canonical.ts', { in: 'parseCanonical', never: 'canonicalText()' });
    for (const text of Object.values(spellings))
      expect([text, outcome(() => open.parseCanonical(bytes(text), limits))]).toEqual([text, 'accepted']);
  });

  test.each([
    ['byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['overlong UTF-8', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
    ['surrogate in UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['lone surrogate by escape', bytes('"\\ud800"')],
    ['number past all bounds', bytes('1e999')],
    ['UTF-16', Uint8Array.of(0x31, 0x00)],
    ['nothing', new Uint8Array()],
    ['two values', bytes('1 2')],
    ['comment', bytes('1/**/')],
    ['NaN', bytes('NaN')],
    ['cut string', bytes('"a')],
    ['string that ends in a backslash', bytes('"a\\')],
  ])('%s is refused', (_name, input) => {
    expect(outcome(() => parseCanonical(input, limits))).toBe('GOSSIP_E_CANONICAL');
  });
});

test.each(['1e400', '{"a":[-1e400]}'])('JSON that nobody signed says no number past all bounds either: %s', (text) => {
  expect(outcome(() => parseJson(bytes(text), limits))).toBe('GOSSIP_E_REQUEST');
});

describe('C3: size and depth', () => {
  const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth));

  test('one byte too many is refused before anything is read', () => {
    expect(outcome(() => parseCanonical(bytes('[1,2]'), { maxBytes: 5, maxDepth: 1 }))).toBe('accepted');
    expect(outcome(() => parseCanonical(bytes('[1,23]'), { maxBytes: 5, maxDepth: 1 }))).toBe('GOSSIP_E_TOO_LARGE');
    expect(outcome(() => parseJson(bytes('[1,23]'), { maxBytes: 5, maxDepth: 1 }))).toBe('GOSSIP_E_TOO_LARGE');
  });

  test('one level too many is refused', () => {
    expect(outcome(() => parseCanonical(nested(8), limits))).toBe('accepted');
    expect(outcome(() => parseCanonical(nested(9), limits))).toBe('GOSSIP_E_CANONICAL');
    expect(outcome(() => parseJson(nested(9), limits))).toBe('GOSSIP_E_REQUEST');
  });

  test('64 KiB of brackets never reach the parser', () => {
    const parse = vi.spyOn(JSON, 'parse');
    const limit = { maxBytes: 64 * 1_024, maxDepth: 24 };
    expect(outcome(() => parseCanonical(bytes('['.repeat(64 * 1_024)), limit))).toBe('GOSSIP_E_CANONICAL');
    expect(outcome(() => parseJson(bytes('{"a":'.repeat(13_000)), limit))).toBe('GOSSIP_E_REQUEST');
    expect(parse).not.toHaveBeenCalled();
  });

  test('without the depth cap they would', async () => {
    const open = await mutant<typeof canonicals>('trust/canonical.ts', { in: 'excessOf', never: 'maxDepth' });
    expect(outcome(() => open.parseCanonical(nested(30_000), { maxBytes: 64 * 1_024, maxDepth: 24 }))).toBe('accepted');
  });

  test('brackets inside strings are no depth', () => {
    const text = JSON.stringify(['[[[[[[[[[[[[', '"[[[[[[[[[[[', '\\[[[[[[[[[[[', '\\"[[[[[[[[[[[[[[']);
    expect(parseCanonical(bytes(text), limits)).toEqual(JSON.parse(text));
  });

  test('closed brackets are no depth', () => {
    expect(outcome(() => parseCanonical(bytes(`[${'[],'.repeat(100)}{}]`), limits))).toBe('accepted');
  });
});

test('JSON that nobody signed may be spelled freely', () => {
  expect(parseJson(bytes(' {"b": 1.0, "a": "\\u0041"}\n'), limits)).toEqual({ a: 'A', b: 1 });
  expect(outcome(() => parseJson(bytes('{"b"'), limits))).toBe('GOSSIP_E_REQUEST');
});

describe('attack C14: values without number, in few bytes', () => {
  const flood = (count: number) => bytes(`[${'{},'.repeat(count - 1)}{}]`);

  test('one value too many is refused before anything is parsed', () => {
    const many = { maxBytes: 1_024, maxDepth: 8, maxValues: 20 };
    expect(outcome(() => parseJson(bytes(`[${'0,'.repeat(18)}0]`), many))).toBe('accepted');
    const parse = vi.spyOn(JSON, 'parse');
    expect(outcome(() => parseJson(bytes(`[${'0,'.repeat(19)}0]`), many))).toBe('GOSSIP_E_REQUEST');
    expect(outcome(() => parseJson(flood(1_000_000), { maxBytes: 4 * 1_024 * 1_024, maxDepth: 8 }))).toBe('GOSSIP_E_REQUEST');
    expect(outcome(() => parseCanonical(flood(200_000), { maxBytes: 4 * 1_024 * 1_024, maxDepth: 8 }))).toBe('GOSSIP_E_CANONICAL');
    expect(parse).not.toHaveBeenCalled();
  });

  test('without the cap of values they reach the parser', async () => {
    const open = await mutant<typeof canonicals>('trust/canonical.ts', { in: 'excessOf', never: 'maxValues' });
    expect(outcome(() => open.parseJson(flood(200_000), { maxBytes: 4 * 1_024 * 1_024, maxDepth: 8 }))).toBe('accepted');
  });

  test('commas and brackets inside strings are no values', () => {
    const text = JSON.stringify([',,,,,,,,,,,,,,,,,,,,,', '"[[[[[[[[{{{{{{{{{{{,']);
    expect(parseJson(bytes(text), { ...limits, maxValues: 4 })).toEqual(JSON.parse(text));
  });
});
