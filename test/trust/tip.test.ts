import { expect, test } from 'vitest';
import type { ClusterId } from '../../src/model/names.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { sayOwnWord } from '../../src/trust/own-word.ts';
import { isNewer, makeTip, readTip } from '../../src/trust/tip.ts';

const cluster = 'c1'.repeat(32) as ClusterId;
const key = generateKey();
const claim = { start: 5, number: 17, rootVersion: 2, digest: 'abcdefghijklmnopqrst-_', time: 1_700_000_000_000 };
const tip = makeTip(cluster, claim, key);
const [raw = '', signature = ''] = tip.line.split('.');
const said = (text: string): string => sayOwnWord('gossip/tip/1', cluster, text, key);

test('a tip tells who holds what, and in which order tips were made', () => {
  expect(readTip(cluster, tip.line)).toEqual({ id: key.keyid, ...claim, line: tip.line });
  expect(tip.line.length).toBeLessThan(200);
  expect(isNewer(tip, { start: 5, number: 16 })).toBe(true);
  expect(isNewer(tip, { start: 4, number: 99 })).toBe(true);
  expect(isNewer(tip, tip)).toBe(false);
  expect(isNewer(tip, { start: 6, number: 1 })).toBe(false);
});

test.each([
  ['a number that was raised', `${raw}.${signature}.5.18.2.${claim.digest}.${claim.time}`],
  ['another digest', `${raw}.${signature}.5.17.2.${'A'.repeat(22)}.${claim.time}`],
  ['the signature of another', makeTip(cluster, claim, generateKey()).line.replace(/^[^.]*/, raw)],
  ['a farewell', sayOwnWord('gossip/farewell/1', cluster, `5.17.2.${claim.digest}.1`, key)],
  ['a short digest', said('5.17.2.abc.1')],
  ['no root', said(`5.17.0.${claim.digest}.1`)],
  ['a time beyond all', said(`5.17.2.${claim.digest}.${'9'.repeat(16)}`)],
  ['one field more', said(`5.17.2.${claim.digest}.1.1`)],
  ['nothing', ''],
  ['a huge one', `${tip.line}${'0'.repeat(100_000)}`],
])('%s is none', (_, line) => {
  expect(readTip(cluster, line)).toBeNull();
});

test('one of another cluster is none', () => {
  expect(readTip('d2'.repeat(32) as ClusterId, tip.line)).toBeNull();
});
