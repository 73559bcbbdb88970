/** A command that hears of a newer root. */
import { expect, test } from 'vitest';
import { RootFollowing } from '../../../src/operator/client/root-following.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { key, peer, root } from '../../support/records.ts';

const second = nextRoot(root, makeNextRoot(root, { created: 1 }, [key]));
const third = nextRoot(second, makeNextRoot(second, { created: 2 }, [key]));
const tells = (version: number) => ({ root: { version, hash: second.hash } });

function following({ keep = () => Promise.resolve() } = {}) {
  const cluster = { root };
  const remarks: string[] = [];
  return { cluster, remarks, follows: new RootFollowing({ cluster, keep, remark: (text) => void remarks.push(text) }) };
}

test('goes on to it by steps that verify, asks once for all who tell of it, and says so', async () => {
  const { cluster, remarks, follows } = following();
  let asked = 0;
  const ask = async () => (asked++, [second.envelope, third.envelope]);
  await Promise.all([1, 2, 3].map((number) => follows.told(peer(number), tells(3), ask)));
  expect([cluster.root.hash, asked, remarks.length]).toEqual([third.hash, 1, 1]);
  expect(remarks[0]).toContain('version 3');
});

test('asks nobody who tells of what is held, or of a version before', async () => {
  const { cluster, remarks, follows } = following();
  const ask = () => Promise.reject(new Error('asked'));
  await follows.told(peer(1), tells(1), ask);
  await follows.told(peer(1), { root: undefined }, ask);
  expect([cluster.root, remarks]).toEqual([root, []]);
});

test('believes no liar, asks none twice, and gives up after a few', async () => {
  const { cluster, remarks, follows } = following();
  let asked = 0;
  const forged = { ...second.envelope, signatures: [] };
  const lie = async () => (asked++, [forged]);
  for (let number = 1; number <= 4; number += 1) await follows.told(peer(number % 3), tells(9), lie);
  expect([cluster.root, asked, remarks]).toEqual([root, 2, []]);
});

test('what cannot be kept is said, and counts for this command all the same', async () => {
  const { cluster, remarks, follows } = following({ keep: () => Promise.reject(new Error('the disk is full')) });
  await follows.told(peer(1), tells(2), async () => [second.envelope]);
  expect([cluster.root.hash, remarks[0]]).toEqual([second.hash, expect.stringContaining('the disk is full')]);
});
