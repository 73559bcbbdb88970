/** Each promise is missed where it is broken, and only there. */
import { expect, test } from 'vitest';
import { GossipError } from '../../src/model/errors.ts';
import { judge } from './judge.ts';
import { bytesOf, jsonBytes, textOf } from './target.ts';
import type { Target } from './target.ts';

const INPUT = bytesOf('{"a": 1}');

function readJson(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input)) as unknown;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_REQUEST', 'no JSON', { cause });
  }
}

async function kindOf(target: Omit<Target, 'name' | 'seeds'>, input = INPUT): Promise<string> {
  const { finding, outcome } = await judge({ name: 'planted', seeds: [], ...target }, input);
  return finding?.kind ?? outcome;
}

test('a sound parser keeps every promise', async () => {
  const sound = { parse: readJson, codes: ['GOSSIP_E_REQUEST'] as const, roundTrip: { write: jsonBytes } };
  expect(await kindOf(sound)).toBe('accepted');
  expect(await kindOf(sound, bytesOf('{'))).toBe('GOSSIP_E_REQUEST: no JSON');
});

test('an error without a code is found', async () => {
  expect(await kindOf({ parse: (input) => JSON.parse(textOf(input)) as unknown }, bytesOf('{'))).toBe('uncoded-error');
});

test('a code that was not promised is found, and that of a defect always', async () => {
  expect(await kindOf({ parse: readJson, codes: ['GOSSIP_E_SCHEMA'] }, bytesOf('{'))).toBe('wrong-code');
  const defect = (): never => {
    throw new GossipError('GOSSIP_E_INTERNAL', 'no');
  };
  expect(await kindOf({ parse: defect })).toBe('wrong-code');
});

test('a message as long as its input is found', async () => {
  const echo = (input: Uint8Array): never => {
    throw new GossipError('GOSSIP_E_REQUEST', `no such thing as ${textOf(input)}`);
  };
  expect(await kindOf({ parse: echo }, bytesOf('a'.repeat(10_000)))).toBe('long-message');
});

test('a value that is read again as another is found', async () => {
  expect(await kindOf({ parse: readJson, roundTrip: { write: () => bytesOf('{"a":2}') } })).toBe('no-round-trip');
  expect(await kindOf({ parse: readJson, roundTrip: { write: () => bytesOf('{') } })).toBe('no-round-trip');
});

test('a second spelling is found where there may be only one', async () => {
  const write = jsonBytes;
  expect(await kindOf({ parse: readJson, roundTrip: { write, oneSpelling: true } })).toBe('two-spellings');
  expect(await kindOf({ parse: readJson, roundTrip: { write, oneSpelling: true } }, bytesOf('{"a":1}'))).toBe('accepted');
});

test('a field that every object has from then on is found, and taken away again', async () => {
  const careless = (input: Uint8Array): void => {
    const kept: Record<string, object> = {};
    for (const key of Object.keys(readJson(input) as object)) Object.assign(kept[key] ?? {}, { planted: true });
  };
  expect(await kindOf({ parse: careless }, bytesOf('{"__proto__":1}'))).toBe('polluted');
  expect(Object.keys(Object.prototype)).toEqual([]);
});
