/** Links of limited speed: what passes queues, small messages pass between the pieces of large ones, and all of it is counted. */
import { expect, test } from 'vitest';
import { shippedCode } from '../../src/sim/world/codes.ts';
import { Cluster } from '../../src/sim/world/cluster.ts';
import { bytesOf } from '../../src/sim/world/letters.ts';
import type { Bandwidth } from '../../src/sim/world/links.ts';
import { Network } from '../../src/sim/world/network.ts';
import type { Patience, Weather } from '../../src/sim/world/network.ts';
import { Random } from '../../src/sdk/virtual/random.ts';
import { deploy, settle } from '../../src/sim/scenarios/scenario.ts';
import { Scheduler } from '../../src/sdk/virtual/scheduler.ts';
import type { Address, ModuleName, NodeId, Peer } from '../../src/model/names.ts';
import type { SimNode } from '../../src/sim/node/node.ts';

const [a, b, c] = [1, 2, 3].map((number) => peer(number)) as [Peer, Peer, Peer];
/** 1,000 bytes in a second. */
const SLOW: Bandwidth = { upBitsPerS: 8_000, downBitsPerS: 8_000 };
const NO_DELAY = { min: 0, max: 0 };
const PATIENT: Patience = { silentMs: 60_000, totalMs: 600_000 };

function peer(number: number): Peer {
  return { id: String(number).repeat(64) as NodeId, address: `10.0.0.${number}:7946` as Address, name: `node${number}` };
}

/** A network of three that answers every request with as many bytes as it asks for; a message is its own size. */
function makeNetwork(weather: Partial<Weather> = {}) {
  const scheduler = new Scheduler();
  const network = new Network<number, number>(scheduler, new Random('seed 1'), (bytes) => bytes);
  Object.assign(network.weather, { delayMs: NO_DELAY }, weather);
  const left: number[] = [];
  for (const each of [a, b, c]) {
    network.attach({ peer: each, up: true, receive: (_, bytes, respond) => respond(bytes, () => left.push(scheduler.now)) });
  }
  /** What came of a request, and when. */
  const ask = (from: Peer, to: Peer, bytes: number, patience: Patience = PATIENT): { at?: number; code?: string } => {
    const came: { at?: number; code?: string } = {};
    network.request(from, to, bytes, patience, (outcome) => {
      Object.assign(came, { at: scheduler.now, code: 'failure' in outcome ? outcome.failure.code : 'answered' });
    });
    return came;
  };
  const run = async (ms = 600_000): Promise<void> => {
    await scheduler.run(scheduler.now + ms);
  };
  return { network, ask, run, left };
}

test('a message passes both links on its way there, and its answer both on the way back', async () => {
  const { ask, run } = makeNetwork({ bandwidth: SLOW });
  const came = ask(a, b, 500);
  await run();
  expect(came).toEqual({ at: 2_000, code: 'answered' });
});

test('without a limit nothing takes time but the way', async () => {
  const { ask, run } = makeNetwork();
  const came = ask(a, b, 1_000_000_000);
  await run();
  expect(came).toEqual({ at: 0, code: 'answered' });
});

test('messages queue behind each other on the link of their sender', async () => {
  const { ask, run } = makeNetwork({ bandwidth: { ...SLOW, downBitsPerS: Infinity } });
  const came = [ask(a, b, 100), ask(a, c, 100), ask(a, b, 100)];
  await run();
  expect(came.map(({ at }) => at)).toEqual([200, 300, 400]);
});

test('messages queue behind each other on the link of their receiver', async () => {
  const { ask, run } = makeNetwork({ bandwidth: { upBitsPerS: Infinity, downBitsPerS: 8_000 } });
  const came = [ask(a, c, 100), ask(b, c, 100)];
  await run();
  expect(came.map(({ at }) => at)).toEqual([200, 300]);
});

test('one node may have a link of its own', async () => {
  const { network, ask, run } = makeNetwork();
  network.links.limit(b.id, SLOW);
  const came = [ask(a, b, 500), ask(a, c, 500)];
  await run();
  expect(came.map(({ at }) => at)).toEqual([1_000, 0]);
  network.links.limit(b.id, null);
  const after = ask(a, b, 500);
  await run(1);
  expect(after.code).toBe('answered');
});

test('a small message passes between the pieces of a large one', async () => {
  const { ask, run } = makeNetwork({ bandwidth: { upBitsPerS: 8_000_000, downBitsPerS: 8_000_000 } });
  const large = ask(a, b, 10_000_000);
  await run(1_000);
  const small = ask(a, c, 100);
  await run();
  expect(large.at).toBeGreaterThan(20_000);
  // Behind one piece of the large message, a 64th of it, and not behind its ten seconds.
  expect((small.at ?? 0) - 1_000).toBeLessThan(400);
});

test('a source that goes on sending is waited for, up to a limit; one that falls silent is not', async () => {
  const patience: Patience = { silentMs: 5_000, totalMs: 100_000 };
  const { network, ask, run } = makeNetwork();
  network.links.limit(b.id, { upBitsPerS: 8_000_000, downBitsPerS: 1_000_000_000 });
  const slow = ask(a, b, 50_000_000, patience);
  await run();
  expect(slow.code).toBe('answered');
  const far = ask(a, b, 500_000_000, { silentMs: 60_000, totalMs: 100_000 });
  await run();
  expect(far.code).toBe('GOSSIP_E_TIMEOUT');
  const begin = 10_000;
  const silenced = ask(a, c, 1_000_000, { silentMs: begin, totalMs: 100_000 });
  network.links.limit(c.id, SLOW);
  await run(5_000);
  network.separate(() => true);
  await run();
  expect(silenced.code).toBe('GOSSIP_E_TIMEOUT');
});

test('whoever serves hears when its answer has left', async () => {
  const { ask, run, left } = makeNetwork({ bandwidth: { ...SLOW, downBitsPerS: Infinity } });
  ask(a, b, 500);
  await run();
  expect(left).toEqual([1_000]);
});

test('messages and bytes are counted at both ends; what is lost was sent, not received', async () => {
  const { network, ask, run } = makeNetwork();
  ask(a, b, 100);
  ask(c, b, 10);
  await run();
  expect(network.traffic.of(a.id)).toEqual({ sent: { messages: 1, bytes: 100 }, received: { messages: 1, bytes: 100 } });
  expect(network.traffic.of(b.id)).toEqual({ sent: { messages: 2, bytes: 110 }, received: { messages: 2, bytes: 110 } });
  network.separate((from) => from === a.id);
  ask(a, b, 1_000);
  await run();
  expect(network.traffic.of(a.id).sent).toEqual({ messages: 2, bytes: 1_100 });
  expect(network.traffic.of(b.id).received).toEqual({ messages: 2, bytes: 110 });
});

test('the size of a letter is that of its text', () => {
  const wire = { method: 'POST', path: '/v1/x', headers: { 'gossip-address': '10.0.0.1:1' }, body: new Uint8Array(10) } as const;
  const text = 'POST /v1/x HTTP/1.1\r\ngossip-address: 10.0.0.1:1\r\n\r\n'.length + 10;
  expect(bytesOf({ kind: 'message', wire })).toBe(text);
  expect(bytesOf({ kind: 'code', code: shippedCode('registry', '1').reference.hash, bytes: 5_000 })).toBe(5_016);
});

test('a cluster on slow links still ends equal; code takes the time that its bytes take, and passes once to each node', async () => {
  const bytes = 1_000_000;
  const cluster = new Cluster({ seed: 1, nodes: 8 });
  cluster.install({ module: 'registry' as ModuleName, code: shippedCode('registry', '1') });
  cluster.introduce();
  await settle(cluster);
  cluster.network.weather.bandwidth = { upBitsPerS: 8_000_000, downBitsPerS: 8_000_000 };
  const begin = cluster.now;
  await deploy(cluster, { module: 'registry' as ModuleName, code: shippedCode('registry', '2', null, bytes) }, cluster.nodes[0] as SimNode);
  await cluster.until('all run the new deployment', () => cluster.progress.arrived, 60_000);
  // It takes a second from one node to the next, and is passed on before it is whole.
  expect(cluster.now - begin).toBeGreaterThan(1_000);
  expect(cluster.now - begin).toBeLessThan(2_000);
  const received = cluster.nodes.map(({ peer: { id } }) => Math.floor(cluster.network.traffic.of(id).received.bytes / bytes));
  expect(received.toSorted((x, y) => x - y)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
});
