/** Attack A15: one valid signature over a number that no other can follow, told by gossip. */
import { expect, test } from 'vitest';
import type { ModuleName } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import { peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const HOUR_MS = 3_600_000;

function cluster() {
  const network = new Network({ rendezvous: [peer(1)] });
  const nodes = [1, 2, 3, 4].map((number) => network.add(peer(number)));
  for (const node of nodes) node.start([1, 2, 3, 4].map((number) => peer(number)));
  nodes[0]?.inject(record(1));
  network.run(20_000);
  const standing = () => nodes.map((node) => node.view(MODULE)?.running?.deployment.number.sequence);
  const digests = () => new Set(nodes.map((node) => node.gossip?.view(network.now).digest)).size;
  return { network, nodes, standing, digests };
}

const far = record(2 ** 40, { scrub: true });

test('attack A15: told by gossip, it changes nothing but an alarm, and the next deployment is d2 everywhere', () => {
  const { network, nodes, standing, digests } = cluster();
  const [a, b] = nodes;
  b?.receive(peer(3), { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [far], peers: [] }, () => {});
  network.run(60_000);
  expect([standing(), digests()]).toEqual([[1, 1, 1, 1], 1]);
  expect(nodes.map((node) => node.gossip?.view(network.now).alarms.map(({ code }) => code))).toEqual(nodes.map(() => ['GOSSIP_E_NUMBER']));
  expect(a?.gossip?.highestSequence()).toBe(1);
  a?.inject(record(2));
  network.run(20_000);
  expect([standing(), digests()]).toEqual([[2, 2, 2, 2], 1]);
});

test('attack A15: posted, it is refused by the same rule', () => {
  const { nodes } = cluster();
  nodes[0]?.inject(far);
  expect(nodes[0]?.injected.at(-1)).toBe('taken');
});

test('attack A15: where it stood already, on disks and as the newest, nodes go on without it from their next start', () => {
  const { network, nodes, standing } = cluster();
  for (const node of nodes) {
    node.crash();
    node.disk.records = [far, ...node.disk.records];
    node.start();
  }
  network.run(HOUR_MS / 60);
  expect(standing()).toEqual([1, 1, 1, 1]);
  nodes[1]?.inject(record(2));
  network.run(20_000);
  expect(standing()).toEqual([2, 2, 2, 2]);
});

test('attack A15: a module of which only leaping numbers are known is no module', () => {
  const { network, nodes } = cluster();
  const ghost = record(2 ** 40, { module: 'ghost' });
  nodes[1]?.receive(peer(3), { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [ghost], peers: [] }, () => {});
  network.run(60_000);
  expect(nodes.map((node) => node.view('ghost'))).toEqual([undefined, undefined, undefined, undefined]);
});
