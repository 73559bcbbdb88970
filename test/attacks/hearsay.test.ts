/** Attack B18: what one member tells of nodes that nobody has, and what it costs whoever asks the cluster. Time is virtual. */
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Address, ClusterId, NodeId } from '../../src/model/names.ts';
import { GossipError } from '../../src/model/errors.ts';
import type { NodeStatus, PeerStatus } from '../../src/api/status.ts';
import { mapBounded } from '../../src/model/map-bounded.ts';
import type { NodeAddress } from '../../src/operator/client/client.ts';
import { gather } from '../../src/operator/status/gather.ts';
import type { Gathered, GatherOptions } from '../../src/operator/status/gather.ts';
import { makeFarewell, readFarewell } from '../../src/trust/farewell.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { nodeStatus } from '../operator/paper-node.ts';
import { peer } from '../support/records.ts';

/** As long as an operator's client waits for a connection. */
const CONNECT_MS = 3_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const told = (node: NodeAddress, changes: Partial<PeerStatus> = {}): PeerStatus => ({ ...node, failures: 0, proven: true, ...changes });
const nobody = (number: number): NodeAddress => ({
  id: `f${number.toString(16).padStart(63, '0')}` as NodeId,
  address: `10.9.${number >> 8}.${number & 255}:7946` as Address,
  name: `nobody${number}`,
});
const nobodies = (count: number): PeerStatus[] => Array.from({ length: count }, (_, number) => told(nobody(number)));

class Net {
  readonly nodes = new Map<Address, { readonly node: NodeAddress; readonly peers: readonly PeerStatus[] }>();
  asked = 0;

  /** A node that answers at its address. */
  up(node: NodeAddress, ...peers: readonly PeerStatus[]): this {
    this.nodes.set(node.address, { node, peers });
    return this;
  }

  /** What nobody listens at costs the time of a connection. */
  ask = async (asked: NodeAddress): Promise<NodeStatus> => {
    this.asked += 1;
    const found = this.nodes.get(asked.address);
    if (found?.node.id === asked.id) return nodeStatus(found.node, [], { peers: found.peers });
    await new Promise((resolve) => setTimeout(resolve, CONNECT_MS));
    throw new GossipError('GOSSIP_E_TIMEOUT', `cannot reach ${asked.name}`);
  };
}

/** The outcome, and how long it took. */
async function timed<Result>(act: Promise<Result>): Promise<Result & { readonly tookMs: number }> {
  const startedAt = performance.now();
  const done: Result[] = [];
  void act.then((result) => done.push(result));
  while (done.length === 0) await vi.advanceTimersByTimeAsync(50);
  return { ...(done[0] as Result), tookMs: performance.now() - startedAt };
}

const look = (net: Net, seeds: readonly NodeAddress[], options: GatherOptions = {}): Promise<Gathered & { tookMs: number }> =>
  timed(gather(seeds, net.ask, { rendezvous: new Set([peer(1).id]), ...options }));
const answered = ({ sightings }: Gathered): string[] =>
  sightings.flatMap(({ node, answer }) => ('status' in answer ? [node.name] : [])).sort();
const beliefs = ({ sightings }: Gathered, belief: string): string[] =>
  sightings.flatMap(({ node, belief: found }) => (found === belief ? [node.name] : [])).sort();

const all = [1, 2, 3, 4].map((number) => peer(number));
/** Four nodes that know each other; the fourth may lie. */
function four(...lies: readonly PeerStatus[]): Net {
  const net = new Net();
  for (const node of all) net.up(node, ...all.map((each) => told(each)), ...(node.id === peer(4).id ? lies : []));
  return net;
}

describe('attack B18: nodes that nobody has', () => {
  test.each([256, 4_096])('%d of them, told by one member, cost few questions and little time, and hide nobody', async (count) => {
    const net = four(...nobodies(count));
    const seen = await look(net, [peer(1)]);
    expect(answered(seen)).toEqual(['node1', 'node2', 'node3', 'node4']);
    expect(beliefs(seen, 'member')).toEqual([]);
    expect(seen.unasked).toEqual({ count: count - 64, tellers: ['node4'] });
    expect(net.asked).toBeLessThanOrEqual(4 + 64);
    expect(seen.tookMs).toBeLessThan(3_000);
  });

  it('asked one after the other, as many at a time as may be, they hold the operator up for as long as the liar likes', async () => {
    const net = four(...nobodies(4_096));
    const naive = mapBounded(nobodies(4_096), 64, (node) => net.ask(node).catch(() => undefined));
    expect((await timed(naive.then(() => ({})))).tookMs).toBeGreaterThan(100_000);
  });

  it('a liar that claims an id in the answer is believed under its own alone', async () => {
    const net = four();
    const ask = async (node: NodeAddress): Promise<NodeStatus> => {
      const status = await net.ask(node);
      return node.id === peer(4).id ? { ...status, id: peer(1).id, peers: nobodies(3) } : status;
    };
    const seen = await timed(gather([peer(1)], ask, { rendezvous: new Set([peer(1).id]) }));
    expect(beliefs(seen, 'hearsay')).toEqual(['nobody0', 'nobody1', 'nobody2']);
  });

  it('two liars that prove 4,096 of them to each other hold nobody up for longer than a minute, and hide nobody', async () => {
    const net = four(...nobodies(4_096));
    net.up(peer(3), ...all.map((each) => told(each)), ...nobodies(4_096));
    const seen = await look(net, [peer(1)]);
    expect(answered(seen)).toEqual(['node1', 'node2', 'node3', 'node4']);
    expect(seen.tookMs).toBeLessThanOrEqual(15_000);
  });

  it('a member whose answer goes on without an end is left after a while, and said not to have answered', async () => {
    const net = four();
    const ask = (node: NodeAddress): Promise<NodeStatus> => (node.id === peer(4).id ? new Promise<NodeStatus>(() => {}) : net.ask(node));
    const seen = await timed(gather([peer(1)], ask, { rendezvous: new Set([peer(1).id]) }));
    expect(answered(seen)).toEqual(['node1', 'node2', 'node3']);
    expect(beliefs(seen, 'member')).toEqual(['node4']);
    expect(seen.tookMs).toBeLessThanOrEqual(11_000);
  });

  it('ends with the deadline, whoever has not answered', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1_000);
    const seen = await look(four(...nobodies(500)), [peer(1), peer(8)], { signal: stop.signal });
    expect(answered(seen)).toEqual(['node1', 'node2', 'node3', 'node4']);
    expect(beliefs(seen, 'member')).toEqual(['node8']);
    expect(seen.tookMs).toBeLessThanOrEqual(1_100);
  });
});

describe('attack B9: addresses that make an operator call a victim', () => {
  const victims = ['169.254.169.254:80', '0.0.0.0:22', '[fe80::1]:80', '[::ffff:127.0.0.1]:22', '127.0.0.1:22', '[::1]:22', '10.0.0.07:80'];
  const lies = victims.map((address, number) => told({ ...nobody(number), address: address as Address }));

  it('told by peers, they are not called, and their nodes are named all the same', async () => {
    const net = four(...lies);
    const called: Address[] = [];
    const ask = (node: NodeAddress): Promise<NodeStatus> => (called.push(node.address), net.ask(node));
    const seen = await timed(gather([peer(1)], ask, { rendezvous: new Set([peer(1).id]) }));
    expect(called.sort()).toEqual(all.map(({ address }) => address));
    const refused = seen.sightings.filter(({ answer }) => 'error' in answer && answer.error.code === 'GOSSIP_E_ADDRESS');
    expect(refused.map(({ node }) => node.address).sort()).toEqual(victims.toSorted());
  });

  it('loopback is called where the operator names a node there, as in labs, and what the operator names always is', async () => {
    const lab = { ...peer(1), address: '127.0.0.1:7001' as Address };
    const own = { ...peer(2), address: '10.0.0.02:7946' as Address };
    const net = new Net().up(lab, told({ ...nobody(1), address: '127.0.0.1:22' as Address })).up(own);
    const called: Address[] = [];
    await timed(gather([lab, own], (node) => (called.push(node.address), net.ask(node)), { rendezvous: new Set([lab.id]) }));
    expect(called.sort()).toEqual(['10.0.0.02:7946', '127.0.0.1:22', '127.0.0.1:7001']);
  });
});

describe('nodes that do not answer', () => {
  it('are members when a rendezvous node or two others have proven them, and hearsay else', async () => {
    const two = [told(peer(5)), told(peer(6), { proven: false })];
    const net = new Net().up(peer(1), told(peer(2)), told(peer(3)), told(peer(7)));
    net.up(peer(2), told(peer(3)), ...two).up(peer(3), told(peer(2)), ...two, told(peer(8)));
    const seen = await look(net, [peer(1)]);
    expect(beliefs(seen, 'member')).toEqual(['node5', 'node7']);
    expect(beliefs(seen, 'hearsay')).toEqual(['node6', 'node8']);
  });

  it('hold nobody up when they have been gone for long, however many they are', async () => {
    const gone = Array.from({ length: 40 }, (_, number) =>
      told(peer(100 + number), { failures: 50, heard: { agoMs: 86_400_000, digest: '' } }),
    );
    const net = new Net();
    for (const node of all) net.up(node, ...all.map((each) => told(each)), ...gone);
    const seen = await look(net, [peer(1)]);
    expect(beliefs(seen, 'gone')).toHaveLength(40);
    expect(beliefs(seen, 'member')).toEqual([]);
    expect(seen.tookMs).toBeLessThan(1_000);
  });

  it('are found again at any address that somebody tells', async () => {
    const moved = { ...peer(3), address: '10.0.0.99:7946' as Address };
    const net = new Net()
      .up(peer(1), told(peer(2)), told(moved))
      .up(peer(2), told(moved))
      .up(moved);
    const seen = await look(net, [peer(1), peer(3)]);
    expect(seen.sightings.find(({ node }) => node.id === peer(3).id)).toMatchObject({ node: moved, answer: { status: { name: 'node3' } } });
  });

  it('call others without answering: nodes that say so are believed, and the configuration is known by its digest', async () => {
    const calls = told(peer(9), { proven: false, uncallable: true, failures: 1, heard: { agoMs: 10, digest: 'theirs' } });
    const net = new Net();
    for (const node of all) net.up(node, ...all.map((each) => told(each)), calls);
    const seen = await look(net, [peer(1)]);
    expect(seen.sightings.find(({ belief }) => belief === 'calls')).toMatchObject({ node: { name: 'node9' }, heard: 'theirs' });
    // One that has stopped calling is down.
    const down = { ...calls, heard: { agoMs: 60_000, digest: 'theirs' } };
    for (const node of all) net.up(node, ...all.map((each) => told(each)), down);
    expect(beliefs(await look(net, [peer(1)]), 'member')).toEqual(['node9']);
  });
});

describe('nodes that have left', () => {
  const cluster = 'c1'.repeat(32) as ClusterId;
  const key = generateKey();
  const leaver: NodeAddress = { id: key.keyid as NodeId, name: 'leaver', address: '10.0.0.77:7946' as Address };
  const { line } = makeFarewell(cluster, 3, key);
  const options = { readFarewell: (text: string) => readFarewell(cluster, text) };
  const toldBy = (...lines: readonly (string | undefined)[]): Net => {
    const net = new Net();
    for (const [index, node] of all.entries()) {
      const left = lines[index];
      net.up(node, ...all.map((each) => told(each)), told(leaver, { failures: 5, ...(left !== undefined && { left }) }));
    }
    return net;
  };

  it('are known by their own signature, and hold nobody up', async () => {
    const seen = await look(toldBy(line, line, line), [peer(1)], options);
    expect(beliefs(seen, 'left')).toEqual(['leaver']);
    expect(seen.tookMs).toBeLessThan(1_000);
  });

  it('are not believed to have left by anything else, nor by an old goodbye that a few show again', async () => {
    const forged = makeFarewell(cluster, 3, generateKey()).line;
    for (const net of [
      toldBy(forged, forged, forged, forged),
      toldBy('rubbish', 'rubbish', 'rubbish', 'rubbish'),
      toldBy(undefined, undefined, undefined, line),
    ])
      expect(beliefs(await look(net, [peer(1)], options), 'left')).toEqual([]);
  });

  it('are back as soon as they answer, whatever is told of them', async () => {
    const seen = await look(toldBy(line, line, line, line).up(leaver), [peer(1)], options);
    expect(answered(seen)).toContain('leaver');
  });
});
