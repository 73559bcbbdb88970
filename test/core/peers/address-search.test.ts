/** Nodes known by their address alone: met once they prove that they belong to the cluster, however late they start. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { AddressSearch } from '../../../src/core/peers/address-search.ts';
import type { AddressSearchParts } from '../../../src/core/peers/address-search.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { Address, NodeId, Peer } from '../../../src/model/names.ts';

const THERE = '10.0.0.1:7946' as Address;
const ID = 'a'.repeat(64) as NodeId;
const SELF = 'b'.repeat(64) as NodeId;

let meeting: AddressSearch | undefined;
afterEach(() => meeting?.stop());

function meet(parts: Partial<AddressSearchParts>) {
  const met: Peer[] = [];
  const warnings: unknown[] = [];
  meeting = new AddressSearch([THERE], {
    identify: async () => ID,
    greet: async () => 'rendezvous1',
    met: (peer) => void met.push(peer),
    self: SELF,
    log: { info: () => undefined, warn: (fields: object) => void warnings.push((fields as { code: string }).code) },
    pausesMs: [0, 0],
    ...parts,
  });
  return { met, warnings, meeting };
}

/** Lets what is under way go on until the condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate();
}

test('whoever proves to be a member is met, with the name it gives itself', async () => {
  const { met } = meet({});
  await until(() => met.length > 0);
  expect(met).toEqual([{ id: ID, address: THERE, name: 'rendezvous1' }]);
});

test('it is tried until it is there, and each reason is told once', async () => {
  let tries = 0;
  const codes = ['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_UNREACHABLE', 'GOSSIP_E_BUSY', 'GOSSIP_E_BUSY'] as const;
  const { met, warnings } = meet({
    identify: async () => {
      const code = codes[tries];
      tries += 1;
      if (code !== undefined) throw new GossipError(code, 'not yet');
      return ID;
    },
  });
  await until(() => met.length > 0);
  expect([tries, warnings]).toEqual([5, ['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_BUSY']]);
});

test('whoever shows no admission of this cluster is never met', async () => {
  let tries = 0;
  const {
    met,
    warnings,
    meeting: under,
  } = meet({
    greet: async () => {
      tries += 1;
      throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'a stranger');
    },
  });
  await until(() => tries > 20);
  await under.stop();
  expect([met, warnings]).toEqual([[], ['GOSSIP_E_NOT_ADMITTED']]);
});

test('its own address, out of a list for all nodes, is no peer', async () => {
  const { met, meeting: under } = meet({ identify: async () => SELF });
  await setImmediate();
  await under.stop();
  expect(met).toEqual([]);
});

test('a stop ends the waiting for one that never comes', async () => {
  const { meeting: under } = meet({ identify: () => Promise.reject(new Error('nobody')), pausesMs: [3_600_000, 3_600_000] });
  await setImmediate();
  await expect(under.stop()).resolves.toBeUndefined();
});
