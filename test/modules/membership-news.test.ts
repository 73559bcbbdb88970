/** How soon members know, what that costs, and who is never taken down for it: by virtual time, at rounds of one second. */
import { describe, expect, it } from 'vitest';
import Membership from '../../src/modules/membership/index.ts';
import type { Json, ModuleClass, ModuleContext } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';

interface Seen {
  readonly id: string;
  readonly state: string;
  readonly incarnation: number;
  readonly callable?: false;
}

/** What an observer sees of a member. */
function seen(observer: TestNode, member: TestNode): Seen | undefined {
  return (observer.module.inspect() as unknown as { members: Seen[] }).members.find(({ id }) => id === member.peer.id);
}

function counts(observers: readonly TestNode[], member: TestNode): Record<string, number> {
  const found: Record<string, number> = {};
  for (const observer of observers) {
    const state = seen(observer, member)?.state ?? 'unknown';
    found[state] = (found[state] ?? 0) + 1;
  }
  return found;
}

interface Cast {
  readonly seed?: number;
  readonly Module?: ModuleClass;
  /** Of the first node. */
  readonly First?: ModuleClass;
}

/** Nodes that know each other from the beginning. */
async function acquainted(count: number, { seed = 1, Module = Membership, First = Module }: Cast = {}): Promise<TestNetwork> {
  const network = new TestNetwork({ seed });
  const drafts = new TestNetwork();
  const peers = await Promise.all(Array.from({ length: count }, async () => (await drafts.add(Membership)).peer));
  for (const node of drafts.nodes) node.crash();
  for (const self of peers) {
    const members = peers.filter(({ id }) => id !== self.id);
    const claims = members.map((peer) => ({ ...peer, incarnation: 1, state: 'alive', since: 0, proven: true }));
    await network.add(self === peers[0] ? First : Module, { state: JSON.stringify({ version: 2, incarnation: 0, members: claims }) });
  }
  await network.advance(3_000);
  return network;
}

/** Until all observers see it so; each is asked until it does. */
async function known(network: TestNetwork, observers: readonly TestNode[], member: TestNode, state: string): Promise<number> {
  const left = [...observers];
  const holds = (): boolean => {
    while (left.length > 0 && seen(left[0] as TestNode, member)?.state === state) left.shift();
    return left.length === 0;
  };
  return network.until(`all see ${state}`, holds, { stepMs: 50 });
}

describe('news in a cluster of 100', () => {
  it('is soon with everybody, and nobody else is suspected: a newcomer, a killed process, a silent machine', async () => {
    const network = await acquainted(100);
    const older = [...network.nodes];
    const newcomer = await network.add(Membership);
    expect(await known(network, older, newcomer, 'alive')).toBeLessThanOrEqual(350);
    await network.advance(1_000);
    expect(older.filter((member) => seen(newcomer, member)?.state !== 'alive').map(({ peer }) => peer.name)).toEqual([]);

    const [killed, silent, ...others] = network.nodes as [TestNode, TestNode, ...TestNode[]];
    killed.crash();
    expect(await known(network, [silent, ...others], killed, 'dead')).toBeLessThanOrEqual(2_000);
    silent.freeze();
    expect(await known(network, others, silent, 'dead')).toBeLessThanOrEqual(6_000);

    const [observer, ...rest] = others as [TestNode, ...TestNode[]];
    expect(rest.filter((member) => seen(observer, member)?.state !== 'alive').map(({ peer }) => peer.name)).toEqual([]);
  });

  it('costs few messages where all start together', async () => {
    const network = new TestNetwork();
    const sent = new Map<string, number>();
    network.onExchange = ({ from }) => sent.set(from.id, (sent.get(from.id) ?? 0) + 1);
    for (let added = 0; added < 100; added++) await network.add(Membership);
    await network.advance(5_000);
    // Two probes a round, two pieces of news, now and then a stranger or any other: and what a doubt would cost is not among it.
    expect([...sent.values()].reduce((sum, count) => sum + count, 0) / 100 / 5).toBeLessThan(5.5);
    expect(counts(network.nodes.slice(1), network.nodes[0] as TestNode)).toEqual({ alive: 99 });
  });
});

describe('a member that is not dead', () => {
  it('restarts within a second: nobody takes it for dead', async () => {
    const network = await acquainted(20);
    const [member, ...others] = network.nodes as [TestNode, ...TestNode[]];
    member.crash();
    await network.advance(600);
    expect(counts(others, member)['suspect']).toBeGreaterThan(12);
    await member.restart(Membership);
    for (let step = 0; step < 40; step++) {
      await network.advance(100);
      expect(counts(others, member)).not.toHaveProperty('dead');
    }
    expect(counts(others, member)).toEqual({ alive: 19 });
  });

  it('pauses for two seconds: nobody takes it for dead', async () => {
    const network = await acquainted(20);
    const [member, ...others] = network.nodes as [TestNode, ...TestNode[]];
    member.freeze();
    await network.advance(2_000);
    member.thaw();
    for (let step = 0; step < 50; step++) {
      await network.advance(100);
      expect(counts(others, member)).not.toHaveProperty('dead');
    }
    expect(counts(others, member)).toEqual({ alive: 19 });
  });

  it('can only call: after some doubts it is alive for everybody, and its watchers say that it cannot be called', async () => {
    class CallsOnly extends Membership {
      override receive(): Promise<Json> {
        return new Promise(() => {});
      }
    }
    const network = await acquainted(20, { First: CallsOnly });
    const [member, ...others] = network.nodes as [TestNode, ...TestNode[]];
    await network.advance(40_000);
    const before = seen(member, member)?.incarnation ?? 0;
    for (let step = 0; step < 40; step++) {
      await network.advance(1_000);
      expect(counts(others, member)).not.toHaveProperty('dead');
    }
    expect((seen(member, member)?.incarnation ?? 0) - before).toBeLessThanOrEqual(4);
    expect(others.filter((observer) => seen(observer, member)?.callable === false).length).toBeGreaterThanOrEqual(3);
  });
});

it('costs a cluster few messages that the process of one has ended', async () => {
  const network = await acquainted(50);
  const [killed, ...others] = network.nodes as [TestNode, ...TestNode[]];
  let messages = 0;
  network.onExchange = () => (messages += 1);
  await network.advance(10_000);
  const perMs = messages / 10_000;
  messages = 0;
  killed.crash();
  const ms = await known(network, others, killed, 'dead');
  expect((messages - ms * perMs) / others.length).toBeLessThan(8);
});

describe('a goodbye', () => {
  it.each(Array.from({ length: 6 }, (_, index) => index + 1))('is a goodbye for everybody, not a death (seed %i)', async (seed) => {
    const network = await acquainted(20, { seed });
    const [leaver, ...others] = network.nodes as [TestNode, ...TestNode[]];
    await leaver.stop();
    expect(await known(network, others, leaver, 'left')).toBeLessThanOrEqual(4_000);
    await network.advance(15_000);
    expect(counts(others, leaver)).toEqual({ left: 19 });
  });
});

it('runs on nodes that tell nothing of lost connections', async () => {
  class Older extends Membership {
    constructor(context: ModuleContext) {
      super(Object.fromEntries(Object.entries(context).filter(([name]) => name !== 'onLost')) as unknown as ModuleContext);
    }
  }
  const network = await acquainted(12, { Module: Older });
  const [killed, ...others] = network.nodes as [TestNode, ...TestNode[]];
  killed.crash();
  expect(await known(network, others, killed, 'dead')).toBeLessThanOrEqual(6_000);
});
