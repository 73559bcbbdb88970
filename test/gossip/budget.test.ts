/** What hints may cause: so much for one peer, so much for all of them together (attacks B1, B2). */
import { expect, test } from 'vitest';
import { FairBudget } from '../../src/gossip/budget.ts';
import { peer } from '../support/records.ts';

const INTERVAL_MS = 1_000;

/** How many of the peers' hints are followed at this moment. */
function followed(budget: FairBudget, peers: readonly number[], now: number): number {
  return peers.filter((number) => budget.take(peer(number).id, now)).length;
}

const many = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('of one liar is a burst of four, then one a round', () => {
  const budget = new FairBudget(INTERVAL_MS);
  const asks = Array<number>(50).fill(7);
  expect([followed(budget, asks, 0), followed(budget, asks, INTERVAL_MS), followed(budget, asks, 3 * INTERVAL_MS)]).toEqual([4, 1, 2]);
});

test('of many liars together is bounded: a burst of 32, then eight a round', () => {
  const budget = new FairBudget(INTERVAL_MS);
  expect([followed(budget, many(500), 0), followed(budget, many(500), INTERVAL_MS)]).toEqual([32, 8]);
});

test('of a peer that has spent its own leaves that of all to others', () => {
  const budget = new FairBudget(INTERVAL_MS);
  followed(budget, Array<number>(1_000).fill(7), 0);
  expect(followed(budget, many(500), 0)).toBe(28);
});
