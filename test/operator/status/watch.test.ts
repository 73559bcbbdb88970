import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { NodeStatus } from '../../../src/api/status.ts';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import { note } from '../../support/notes.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { parseModuleName } from '../../../src/model/names.ts';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import { watchCluster } from '../../../src/operator/status/watch.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { peer, record } from '../../support/records.ts';
import { nodeStatus, PaperDoor, rendezvous, root } from '../paper-node.ts';

const never = new AbortController().signal;
const d1 = record(1);
const { module } = d1.deployment;
const other = parseModuleName('other');
const hang = (): Promise<never> => new Promise(() => undefined);

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

describe('a node that hangs', () => {
  /** A door to two rendezvous nodes and a third one that they tell of; whoever is in `hanging` does not answer. */
  function threeNodes() {
    const door = new PaperDoor();
    const third = peer(3, 'node3');
    for (const node of [...rendezvous, third]) door.add(node).records.push(d1);
    for (const { id } of rendezvous)
      Object.assign(door.nodes.get(id) ?? {}, { status: { peers: [{ ...third, failures: 0, proven: true }] } });
    const hanging = new Set<string>();
    const api = {
      status: (node: NodeAddress) => (hanging.has(node.name) ? hang() : door.status(node)),
      moduleStatus: (node: NodeAddress) => (hanging.has(node.name) ? hang() : door.moduleStatus(node, module)),
    };
    return { door, hanging, look: watchCluster({ root, nodes: [] }, api, module, [], never) };
  }

  const told = (sightings: readonly Sighting[]): string[] =>
    sightings.map(({ node, answer, pending }) => `${node.name} ${'status' in answer ? 'answers' : pending ? 'pending' : 'silent'}`);

  /** A clock that can be put ahead. */
  function clock(): (ms: number) => void {
    const now = performance.now.bind(performance);
    let aheadMs = 0;
    const put = vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
    onTestFinished(() => put.mockRestore());
    return (ms) => void (aheadMs += ms);
  }

  it('holds up the first look for a moment, and those after it not at all', async () => {
    const { hanging, look } = threeNodes();
    hanging.add('rendezvous2');
    const begunAt = performance.now();
    const first = await look(60_000);
    expect(performance.now() - begunAt).toBeLessThan(3_500);
    expect(told(first.sightings)).toEqual(['rendezvous1 answers', 'node3 answers', 'rendezvous2 pending']);
    // Nobody is asked less often for its sake.
    expect(first.answersMs).toBeLessThan(1_000);
    const secondAt = performance.now();
    const second = await look(60_000);
    expect(performance.now() - secondAt).toBeLessThan(900);
    expect(told(second.sightings)).toEqual(told(first.sightings));
  });

  it('is silent when it has been asked for long, or when the question came to nothing', async () => {
    const later = clock();
    const { door, hanging, look } = threeNodes();
    hanging.add('rendezvous2');
    Object.assign(door.nodes.get(peer(3).id) ?? {}, { status: null });
    expect(told((await look(100)).sightings)).toEqual(['rendezvous1 answers', 'node3 silent', 'rendezvous2 pending']);
    later(5_000);
    expect(told((await look(100)).sightings)).toEqual(['rendezvous1 answers', 'node3 silent', 'rendezvous2 silent']);
  });

  it('counts by its last answer for a while: a look that is cut short forgets nothing', async () => {
    const later = clock();
    const { hanging, look } = threeNodes();
    const all = ['rendezvous1 answers', 'rendezvous2 answers', 'node3 answers'];
    const { sightings } = await look(1_000);
    expect(told(sightings)).toEqual(all);
    for (const { name } of [...rendezvous, peer(3, 'node3')]) hanging.add(name);
    // Nobody tells of node3 in this one.
    const cut = await look(50);
    expect(told(cut.sightings)).toEqual(all);
    expect(cut.sightings.map(({ answeredAt }) => answeredAt)).toEqual(sightings.map(({ answeredAt }) => answeredAt));
    // Nor in the next ones: whose answer is to come is not asked anew, and its word of before counts.
    expect(told((await look(50)).sightings)).toEqual(all);
    later(5_000);
    expect(told((await look(50)).sightings)).toEqual(['rendezvous1 silent', 'rendezvous2 silent', 'node3 answers']);
    later(15_000);
    expect(told((await look(50)).sightings)).toEqual(['rendezvous1 silent', 'rendezvous2 silent', 'node3 silent']);
  });

  it('does not count by its last answer where a later question came to nothing', async () => {
    const { door, hanging, look } = threeNodes();
    await look(1_000);
    Object.assign(door.nodes.get(peer(3).id) ?? {}, { status: null });
    const dead = ['rendezvous1 answers', 'rendezvous2 answers', 'node3 silent'];
    expect(told((await look(1_000)).sightings)).toEqual(dead);
    hanging.add('node3');
    expect(told((await look(50)).sightings)).toEqual(dead);
  });

  it('is not taken for absent while its turn to be asked has not come, nor waited for endlessly (law 9, attack B18)', async () => {
    const later = clock();
    const door = new PaperDoor();
    const others = Array.from({ length: 40 }, (_, number) => peer(number + 3));
    const peers = others.map((node) => ({ ...node, failures: 0, proven: true }));
    for (const node of rendezvous) Object.assign(door.add(node), { status: { peers } });
    const asked: string[] = [];
    const api = {
      status: (node: NodeAddress) => (door.nodes.has(node.id) ? door.status(node) : (asked.push(node.name), hang())),
      moduleStatus: door.moduleStatus.bind(door),
    };
    const look = watchCluster({ root, nodes: [] }, api, module, [], never);
    const counts = ({ sightings }: { sightings: readonly Sighting[] }) => [
      sightings.filter(({ answer }) => 'status' in answer).length,
      sightings.filter(({ pending }) => pending).length,
      sightings.length,
    ];
    expect(counts(await look(100))).toEqual([2, 40, 42]);
    // Few calls at a time (law 10).
    expect(asked.length).toBe(16);
    later(10_000);
    expect(counts(await look(100))).toEqual([2, 16, 42]);
  });
});

it('says that many are late, so that less is asked', async () => {
  const door = new PaperDoor();
  for (const node of rendezvous) door.add(node);
  const slow = [3, 4, 5].map((number) => peer(number, `node${number}`));
  const api = {
    status: (node: NodeAddress) => (door.nodes.has(node.id) ? door.status(node) : hang()),
    moduleStatus: door.moduleStatus.bind(door),
  };
  const look = watchCluster({ root, nodes: slow }, api, module, [], never);
  expect((await look(300)).answersMs).toBeGreaterThan(250);
});
