/** Rendezvous nodes are asked about a node whose token has expired since it joined. */
import { expect, test } from 'vitest';
import type { PeerAnswer, PeerCalls } from '../../../src/core/peers/peer-calls.ts';
import { askRendezvous } from '../../../src/core/peers/ask-rendezvous.ts';
import type { Peer } from '../../../src/model/names.ts';
import { peer } from '../../support/records.ts';

const [a, b, c, d] = [peer(1), peer(2), peer(3), peer(4)];

/** Calls that are answered with a status, or not at all. */
function answering(statuses: ReadonlyMap<Peer, number>): { calls: PeerCalls; asked: Peer[] } {
  const asked: Peer[] = [];
  const request = async (to: Peer): Promise<PeerAnswer> => {
    asked.push(to);
    const status = statuses.get(to);
    if (status === undefined) throw new Error('unreachable');
    return { status, headers: new Map(), body: new Uint8Array() };
  };
  return { calls: { request } as unknown as PeerCalls, asked };
}

test('one that knows is enough', async () => {
  const statuses = new Map([
    [a, 404],
    [b, 204],
  ]);
  const { calls } = answering(statuses);
  expect(await askRendezvous(calls, [a, b, c], peer(9).id)).toBe(true);
});

test.each([[[404, 404, 404]], [[500, 401, 503]], [[]]])('nobody who knows: %j', async (statuses) => {
  const { calls } = answering(new Map(statuses.map((status, index) => [[a, b, c][index] as Peer, status])));
  expect(await askRendezvous(calls, [a, b, c], peer(9).id)).toBe(false);
});

test('few are asked, and without any the answer is no', async () => {
  const { calls, asked } = answering(new Map());
  expect(await askRendezvous(calls, [a, b, c, d], peer(9).id)).toBe(false);
  expect(asked).toEqual([a, b, c]);
  expect(await askRendezvous(calls, [], peer(9).id)).toBe(false);
});
