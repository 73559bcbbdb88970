import { expect, test } from 'vitest';
import type { ClusterId } from '../../src/model/names.ts';
import { makeFarewell, makeReturn, readFarewell, readReturn } from '../../src/trust/farewell.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { sayOwnWord } from '../../src/trust/own-word.ts';

const cluster = 'c1'.repeat(32) as ClusterId;
const key = generateKey();
const { line } = makeFarewell(cluster, 5, key);
const [raw = '', signature = ''] = line.split('.');

test('a farewell tells who leaves, and in which start', () => {
  expect(readFarewell(cluster, line)).toEqual({ id: key.keyid, incarnation: 5, line });
  expect(line).toMatch(/^[\w.-]{130,150}$/);
});

test.each([
  ['another start', `${raw}.${signature}.6`],
  ['the same start, written otherwise', `${raw}.${signature}.05`],
  ['the signature of another', `${makeFarewell(cluster, 5, generateKey()).line.split('.')[0]}.${signature}.5`],
  ['another kind of word', sayOwnWord('gossip/tip/1', cluster, '5', key)],
  ['a return', makeReturn(cluster, 5, key).line],
  ['no start', sayOwnWord('gossip/farewell/1', cluster, '0', key)],
  ['a start beyond all numbers', sayOwnWord('gossip/farewell/1', cluster, '9'.repeat(16), key)],
  ['nothing', ''],
  ['a cut one', line.slice(0, 100)],
  ['a huge one', `${line}${'0'.repeat(100_000)}`],
  ['what steers the terminal', `${line}\u001B[2J`],
])('%s is none', (_, other) => {
  expect(readFarewell(cluster, other)).toBeNull();
});

test('one of another cluster is none', () => {
  expect(readFarewell('d2'.repeat(32) as ClusterId, line)).toBeNull();
});

test('a return tells who is there again, and since which start; it is no farewell, and none of another cluster', () => {
  const { line: back } = makeReturn(cluster, 6, key);
  expect(readReturn(cluster, back)).toEqual({ id: key.keyid, incarnation: 6, line: back });
  expect(readReturn(cluster, line)).toBeNull();
  expect(readReturn('d2'.repeat(32) as ClusterId, back)).toBeNull();
  expect(readReturn(cluster, `${back}${'0'.repeat(100_000)}`)).toBeNull();
});
