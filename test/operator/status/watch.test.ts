import { expect, it } from 'vitest';
import { watchCluster } from '../../../src/operator/status/watch.ts';
import { peer } from '../../support/records.ts';
import { PaperDoor, rendezvous, root } from '../paper-node.ts';

const never = new AbortController().signal;

it('looks within the time that is left, however little and crooked it is', async () => {
  const door = new PaperDoor();
  for (const node of rendezvous) door.add(node);
  const look = watchCluster({ root, nodes: [] }, door, [], never);
  for (const withinMs of [4_453.399_578, 100.5]) {
    const { sightings } = await look(withinMs);
    expect(sightings.map(({ node }) => node.name)).toEqual(['rendezvous1', 'rendezvous2']);
  }
});

it('does not wait for a node that never answers longer than the look may take', async () => {
  const door = new PaperDoor();
  door.add(peer(1, 'rendezvous1'));
  const frozen = {
    status: (node: (typeof rendezvous)[number]) => (node.id === peer(1).id ? door.status(node) : new Promise<never>(() => undefined)),
  };
  const { sightings } = await watchCluster({ root, nodes: [] }, frozen, [], never)(50.25);
  expect(sightings.map(({ node, answer }) => [node.name, 'status' in answer || answer.error.code])).toEqual([
    ['rendezvous1', true],
    ['rendezvous2', 'GOSSIP_E_TIMEOUT'],
  ]);
});

it('ends at once when the waiting ends', async () => {
  const look = watchCluster({ root, nodes: [] }, new PaperDoor(), [], AbortSignal.abort());
  expect((await look(60_000)).sightings).toEqual([]);
});
