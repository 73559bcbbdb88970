/** Reading what somebody else wrote. */
import { describe, expect, it } from 'vitest';
import {
  asBoolean,
  asBytes,
  asInteger,
  asList,
  asNumber,
  asObject,
  asText,
  asWord,
  BadInput,
  field,
  parseState,
  roundMs,
} from '../../src/sdk/index.ts';
import type { Json } from '../../src/sdk/index.ts';

describe('parse', () => {
  it('gives what it was asked for', () => {
    expect([
      asObject({ a: 1 }, 'x'),
      asText('abc', 'x', { max: 3, form: /^a/ }),
      asNumber(-0.5, 'x', { max: 1 }),
      asInteger(7, 'x', { max: 7 }),
      asList([1], 'x', { max: 1 }),
      asBoolean(false, 'x'),
      asWord('up', 'x', ['up', 'down']),
      asBytes(Uint8Array.of(1), 'x', { max: 1 }),
    ]).toEqual([{ a: 1 }, 'abc', -0.5, 7, [1], false, 'up', Uint8Array.of(1)]);
  });

  it.each<[string, () => unknown]>([
    ['x must be an object', () => asObject([], 'x')],
    ['x must be an object', () => asObject(null, 'x')],
    ['x must be an object', () => asObject(Uint8Array.of(1), 'x')],
    ['x must be bytes', () => asBytes([1], 'x', { max: 1 })],
    ['x must have at most 1 bytes', () => asBytes(new Uint8Array(2), 'x', { max: 1 })],
    ['the state must be a text, and bytes came', () => parseState(Uint8Array.of(0x7b, 0x7d), [1])],
    ['x must be a text', () => asText(1, 'x', { max: 1 })],
    ['x must have at most 1 characters', () => asText('ab', 'x', { max: 1 })],
    ['x is malformed', () => asText('b', 'x', { max: 1, form: /a/ })],
    ['x must be a finite number', () => asNumber('1', 'x', { max: 1 })],
    ['x must be a finite number', () => asNumber(JSON.parse('1e999') as number, 'x', { max: 1 })],
    ['x must lie between 0 and 1', () => asInteger(-1, 'x', { max: 1 })],
    ['x must be a whole number', () => asInteger(0.5, 'x', { max: 1 })],
    ['x must be a list', () => asList({ length: 0 }, 'x', { max: 1 })],
    ['x must have at most 1 entries', () => asList([1, 2], 'x', { max: 1 })],
    ['x must be true or false', () => asBoolean(0, 'x')],
    ['x must be one of up, down', () => asWord('constructor', 'x', ['up', 'down'])],
  ])('says %s', (message, read) => {
    expect(read).toThrow(new BadInput(message));
  });

  it('sees no inherited fields', () => {
    expect([field({}, 'constructor'), field({}, '__proto__'), field({ a: 1 }, 'a')]).toEqual([undefined, undefined, 1]);
    expect(field(JSON.parse('{"__proto__":1}') as { [key: string]: Json }, '__proto__')).toBe(1);
  });

  it('reads states of the versions it is told, and refuses others', () => {
    expect(parseState('{"version":2,"a":1}', [1, 2])).toEqual({ version: 2, state: { version: 2, a: 1 } });
    expect(() => parseState('{"version":3}', [1, 2])).toThrow('the state has version 3; this code reads 1 and 2');
    for (const text of ['', '[]', '{}', 'null', '{"version":"1"}']) expect(() => parseState(text, [1])).toThrow(BadInput);
  });

  it("takes a round's length from the settings, then from the node, then a second", () => {
    expect([
      roundMs({ settings: { intervalMs: 50 }, intervalMs: 200 }),
      roundMs({ settings: {}, intervalMs: 200 }),
      roundMs({ settings: {} }),
    ]).toEqual([50, 200, 1_000]);
    expect(() => roundMs({ settings: { intervalMs: 0 } })).toThrow(BadInput);
  });
});
