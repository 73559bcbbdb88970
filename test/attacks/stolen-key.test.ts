/** Attack A10: a deploy key is stolen, and 1,000 records by it come by injection and by gossip, before and after the operator recovers. */
import { expect, test } from 'vitest';
import { stolenKey } from '../../src/sim/scenarios/roots.ts';
import { simulate } from '../../src/sim/play/simulate.ts';

const NODES = 12;

test('attack A10: 1,000 records by a stolen key are in vain once the operator has recovered', async () => {
  const { known, goal } = await simulate({ scenario: stolenKey(1_000), seed: 1, nodes: NODES });
  expect(known).toBeLessThanOrEqual(goal);
}, 300_000);

test('where the key is only exchanged, without a new trust epoch, attack A10 succeeds', async () => {
  await expect(simulate({ scenario: stolenKey(60, false), seed: 1, nodes: 5 })).rejects.toThrow('nothing of the thief runs');
}, 300_000);
