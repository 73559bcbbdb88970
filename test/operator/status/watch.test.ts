import { describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../../src/api/status.ts';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import { note } from '../../support/notes.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { parseModuleName } from '../../../src/model/names.ts';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import { watchCluster } from '../../../src/operator/status/watch.ts';
import { peer, record } from '../../support/records.ts';
import { nodeStatus, PaperDoor, rendezvous, root } from '../paper-node.ts';

const never = new AbortController().signal;
const d1 = record(1);
const { module } = d1.deployment;
const other = parseModuleName('other');

it('looks within the time that is left, however little and crooked it is', async () => {
  const door = new PaperDoor();
  for (const node of rendezvous) door.add(node);
  const look = watchCluster({ root, nodes: [] }, door, module, [], never);
  for (const withinMs of [4_453.399_578, 100.5]) {
    const { sightings } = await look(withinMs);
    expect(sightings.map(({ node }) => node.name)).toEqual(['rendezvous1', 'rendezvous2']);
  }
});

it('does not wait for a node that never answers longer than the look may take', async () => {
  const door = new PaperDoor();
  door.add(peer(1, 'rendezvous1'));
  const frozen = {
    status: (node: NodeAddress) => (node.id === peer(1).id ? door.status(node) : new Promise<never>(() => undefined)),
    moduleStatus: door.moduleStatus.bind(door),
  };
  const { sightings } = await watchCluster({ root, nodes: [] }, frozen, module, [], never)(50.25);
  expect(sightings.map(({ node, answer }) => [node.name, 'status' in answer || answer.error.code])).toEqual([
    ['rendezvous1', true],
    ['rendezvous2', 'GOSSIP_E_TIMEOUT'],
  ]);
});

it('does not miss a node that was forgotten', async () => {
  const door = new PaperDoor();
  const book = new NoteBook();
  book.merge([note('forget', peer(3).id)]);
  for (const node of rendezvous) door.add(node).status = { notes: { count: book.size, digest: book.digest } };
  let asked = 0;
  const api = Object.assign(door, { notes: async () => ((asked += 1), book) });
  const look = watchCluster({ root, nodes: [peer(3, 'gone')] }, api, module, [], never);
  for (let looks = 0; looks < 3; looks += 1)
    expect((await look(500)).sightings.map(({ node }) => node.name)).toEqual(['rendezvous1', 'rendezvous2']);
  expect(asked).toBeGreaterThan(0);
});

it('ends at once when the waiting ends', async () => {
  const look = watchCluster({ root, nodes: [] }, new PaperDoor(), module, [], AbortSignal.abort());
  expect((await look(60_000)).sightings).toEqual([]);
});

describe('a look after the first', () => {
  /** Two nodes that run a module and another. */
  function twoNodes(): PaperDoor {
    const door = new PaperDoor();
    for (const node of rendezvous) door.add(node).records.push(d1, record(2, { module: other }));
    return door;
  }

  const modulesOf = ({ modules }: NodeStatus): string[] => modules.map(({ name }) => name);

  it('asks for the module alone, and knows from before who else is there', async () => {
    const door = twoNodes();
    const third = peer(3, 'node3');
    door.add(third).records.push(d1);
    for (const node of [...door.nodes.values()].slice(0, 2)) node.status = { peers: [{ ...third, failures: 0, proven: true }] };
    const look = watchCluster({ root, nodes: [] }, door, module, [], never);
    await look(1_000);
    expect(door.calls.splice(0).toSorted()).toEqual(['status node3', 'status rendezvous1', 'status rendezvous2']);
    const { sightings } = await look(1_000);
    expect(door.calls.toSorted()).toEqual(['module-status node3', 'module-status rendezvous1', 'module-status rendezvous2']);
    expect(sightings.map(({ answer }) => 'status' in answer && modulesOf(answer.status))).toEqual([[module], [module], [module]]);
  });

  it('asks a node of before, which does not know that question, for everything', async () => {
    const door = twoNodes();
    const unknown = {
      status: door.status.bind(door),
      moduleStatus: () => Promise.reject(new GossipError('GOSSIP_E_NOT_FOUND', 'no route')),
    };
    const look = watchCluster({ root, nodes: [] }, unknown, module, [], never);
    for (const _ of [1, 2, 3]) {
      const { sightings } = await look(1_000);
      expect(sightings.map(({ answer }) => 'status' in answer && modulesOf(answer.status))).toEqual([
        [module, other],
        [module, other],
      ]);
    }
  });

  it('asks those for everything who tell of a node that cannot be called: nobody else knows what it runs', async () => {
    const door = twoNodes();
    const [first] = door.nodes.values();
    Object.assign(first ?? {}, { status: { peers: [{ ...peer(3, 'nat'), failures: 9, proven: false, uncallable: true }] } });
    const look = watchCluster({ root, nodes: [] }, door, module, [], never);
    await look(1_000);
    door.calls.length = 0;
    await look(1_000);
    expect(door.calls).toContain('status rendezvous1');
    expect(door.calls).toContain('module-status rendezvous2');
  });

  it('takes the answer that came after the look which asked', async () => {
    const door = twoNodes();
    let answer: (status: NodeStatus) => void = () => undefined;
    let asked = 0;
    const slow = {
      moduleStatus: door.moduleStatus.bind(door),
      status: (node: NodeAddress) => {
        if (node.id === peer(1).id) return door.status(node);
        asked += 1;
        return new Promise<NodeStatus>((resolve) => (answer = resolve));
      },
    };
    const look = watchCluster({ root, nodes: [] }, slow, module, [], never);
    const seen = async () => (await look(50)).sightings.map(({ answer: what }) => 'status' in what);
    expect(await seen()).toEqual([true, false]);
    // Not asked anew while it has not answered.
    expect(await seen()).toEqual([true, false]);
    answer(nodeStatus(peer(2, 'rendezvous2'), [d1]));
    expect(await seen()).toEqual([true, true]);
    expect(asked).toBeGreaterThan(0);
  });

  it('asks anew where the question came to nothing after its look', async () => {
    const door = twoNodes();
    let fail: () => void = () => undefined;
    const failing = {
      moduleStatus: door.moduleStatus.bind(door),
      status: (node: NodeAddress) => {
        if (node.id === peer(1).id || fail !== idle) return door.status(node);
        return new Promise<never>((_, reject) => (fail = () => reject(new GossipError('GOSSIP_E_TIMEOUT', 'late'))));
      },
    };
    const idle = fail;
    const look = watchCluster({ root, nodes: [] }, failing, module, [], never);
    const seen = async () => (await look(50)).sightings.map(({ answer }) => 'status' in answer);
    expect(await seen()).toEqual([true, false]);
    fail();
    await new Promise(setImmediate);
    expect(await seen()).toEqual([true, true]);
  });
});
