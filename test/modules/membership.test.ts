/** Membership on a network in memory. */
import { describe, expect, it } from 'vitest';
import Membership from '../../src/modules/membership/index.ts';
import { GossipModule } from '../../src/sdk/index.ts';
import type { Json, Peer } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNetworkOptions } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';

interface Seen extends Peer {
  readonly state: string;
  readonly incarnation: number;
  readonly ageMs: number;
}

function seen(node: TestNode): Seen[] {
  return (node.module.inspect() as unknown as { members: Seen[] }).members;
}

function seenOf(observer: TestNode, member: TestNode): Seen | undefined {
  return seen(observer).find(({ id }) => id === member.peer.id);
}

/** In which state an observer sees each member, by their ids: asked once, for a module's answer is made anew each time. */
function states(observer: TestNode): Map<string, string> {
  return new Map(seen(observer).map(({ id, state }) => [id, state]));
}

function allSee(observers: readonly TestNode[], members: readonly TestNode[], state: string): boolean {
  return observers.every((observer) => {
    const shown = states(observer);
    return members.every(({ peer }) => shown.get(peer.id) === state);
  });
}

/** What observers say of members other than `state`, for whole-value comparison. */
function otherThan(state: string, observers: readonly TestNode[], members: readonly TestNode[]): string[] {
  return observers.flatMap((observer) => {
    const shown = states(observer);
    return members
      .filter((member) => member !== observer && shown.get(member.peer.id) !== state)
      .map(({ peer }) => `${observer.peer.name} sees ${peer.name} ${shown.get(peer.id)}`);
  });
}

/** A cluster in which everyone sees everyone, and its nodes split behind the first few. */
async function settled(
  count: number,
  few: number,
  options: TestNetworkOptions = {},
): Promise<{ network: TestNetwork; some: TestNode[]; rest: TestNode[] }> {
  const network = new TestNetwork(options);
  for (let added = 0; added < count; added++) await network.add(Membership);
  await network.until('everyone sees everyone', () => allSee(network.nodes, network.nodes, 'alive'));
  return { network, some: network.nodes.slice(0, few), rest: network.nodes.slice(few) };
}

/** Advances, and fails as soon as one of the observers takes one of the members for dead. */
async function advanceWithoutDeaths(
  network: TestNetwork,
  ms: number,
  observers: readonly TestNode[],
  members: readonly TestNode[],
): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    await network.advance(1_000);
    const deaths = observers.flatMap((observer) => {
      const shown = states(observer);
      return members.filter(({ peer }) => shown.get(peer.id) === 'dead');
    });
    expect(deaths.map((member) => member.peer.name)).toEqual([]);
  }
}

describe('membership of 20', () => {
  it.each([{ loss: 0 }, { loss: 0.1 }])('marks three killed ones dead and nobody else, at a loss of $loss', async ({ loss }) => {
    const { network, some: killed, rest } = await settled(20, 3, { loss });
    for (const node of killed) node.crash();
    await network.until('all others know', () => allSee(rest, killed, 'dead'));
    await advanceWithoutDeaths(network, 60_000, rest, rest);
    network.loss = 0;
    await network.until('the living see each other', () => allSee(rest, rest, 'alive'));
    expect(otherThan('dead', rest, killed)).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5])('a frozen observer takes nobody down when it thaws (seed %i)', async (seed) => {
    const { network, some, rest } = await settled(20, 1, { seed });
    const [frozen] = some as [TestNode];
    frozen.freeze();
    await network.until('the others take it for dead', () => allSee(rest, some, 'dead'));
    frozen.thaw();
    await advanceWithoutDeaths(network, 60_000, network.nodes, rest);
    expect(otherThan('alive', network.nodes, network.nodes)).toEqual([]);
  });

  it('an observer that hears nobody takes nobody down but in its own view', async () => {
    const { network, some, rest } = await settled(20, 1);
    const [deaf] = some as [TestNode];
    network.separate((_, to) => to === deaf);
    await advanceWithoutDeaths(network, 120_000, rest, rest);
    expect(otherThan('alive', rest, rest)).toEqual([]);
    network.separate();
    await network.until('all see all', () => allSee(network.nodes, network.nodes, 'alive'));
  });

  it('slander takes nobody down, however many are slandered', async () => {
    class Slanderer extends GossipModule {
      private round = 0;
      override start(): void {
        this.context.every(100, () => {
          this.round++;
          const claims = this.context.peers(30).map((peer) => ({ ...peer, incarnation: this.round, state: 'dead' }));
          for (const peer of this.context.peers(3)) {
            this.context.exchange(peer, { type: 'probe', name: this.context.self.name, incarnation: 1, claims }).catch(() => null);
          }
        });
      }
      override receive(): Json {
        return { name: this.context.self.name, incarnation: 1, reached: false, claims: [] };
      }
      override transferState(): string {
        return '';
      }
      override acceptState(): void {
        // Keeps nothing.
      }
    }
    const { network } = await settled(20, 0);
    const honest = [...network.nodes];
    await network.add(Slanderer);
    await network.add(Slanderer);
    await advanceWithoutDeaths(network, 60_000, honest, honest);
    expect(otherThan('alive', honest, honest)).toEqual([]);
    // They were slandered: each had to refute it.
    expect(honest.filter((node) => (seenOf(node, node)?.incarnation ?? 0) < 100)).toEqual([]);
  });

  it('a member that was cut off for a while refutes its suspicion with a higher incarnation', async () => {
    // One that hears of its suspicion before its next heartbeat clears it.
    const { network, some, rest } = await settled(20, 1, { seed: 2 });
    const [member] = some as [TestNode];
    network.separate((from, to) => (from === member) !== (to === member));
    await network.until('somebody suspects it', () => rest.some((observer) => seenOf(observer, member)?.state === 'suspect'));
    network.separate();
    await network.until('all see it alive again', () => allSee(rest, some, 'alive'));
    await advanceWithoutDeaths(network, 30_000, rest, some);
    await network.until('all know the new incarnation', () => rest.every((observer) => (seenOf(observer, member)?.incarnation ?? 0) > 1));
    expect(otherThan('alive', rest, some)).toEqual([]);
  });

  it('keeps the dead of a partition and finds them again when it heals', async () => {
    const { network, some, rest } = await settled(20, 10);
    network.separate((from, to) => some.includes(from) !== some.includes(to));
    await network.until('each side takes the other for dead', () => allSee(some, rest, 'dead') && allSee(rest, some, 'dead'));
    expect(otherThan('alive', some, some)).toEqual([]);
    network.separate();
    await network.until('all see all', () => allSee(network.nodes, network.nodes, 'alive'));
  });

  it("the dead are tried now and then, which is nobody else's concern", async () => {
    const { network, some, rest } = await settled(10, 1, { seed: 4 });
    some.forEach((node) => node.crash());
    await network.until('all know', () => allSee(rest, some, 'dead'));
    await network.advance(2_000);
    const asked: unknown[] = [];
    network.onExchange = ({ request }) => void asked.push((request as { type: string }).type);
    await network.advance(30_000);
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((type) => type === 'reach')).toEqual([]);
  });

  it('tells who left from who died', async () => {
    const { network, some, rest } = await settled(20, 1, { seed: 3 });
    const [leaver] = some as [TestNode];
    await leaver.stop();
    const known = new Set<string | undefined>();
    await network.until('all know', () => {
      for (const observer of rest) known.add(seenOf(observer, leaver)?.state);
      return allSee(rest, some, 'left');
    });
    expect(known).not.toContain('dead');
    await leaver.restart(Membership);
    await network.until('it is back', () => allSee(network.nodes, network.nodes, 'alive'));
  });

  it('takes a restarted member back although it remembers nothing', async () => {
    const { network, some, rest } = await settled(20, 1);
    const [member] = some as [TestNode];
    member.crash();
    await network.until('all know', () => allSee(rest, some, 'dead'));
    await member.restart(Membership);
    await network.until('it is back', () => allSee(network.nodes, network.nodes, 'alive'));
    expect(seen(member)).toHaveLength(20);
  });

  it('doubts itself first when all have just updated: who is silent then is doubted some rounds later, and found dead', async () => {
    const { network, some, rest } = await settled(12, 1);
    for (const node of rest) await node.update(Membership, { deployment: 'd2' });
    some[0]?.freeze();
    await network.advance(2_500);
    expect(otherThan('alive', rest, some)).toEqual([]);
    await network.until('all take it for dead', () => allSee(rest, some, 'dead'));
    expect(otherThan('alive', rest, rest)).toEqual([]);
  });

  it('keeps its view through a live update, ages included', async () => {
    const { network, some: killed, rest } = await settled(20, 1, { seed: 2 });
    for (const node of killed) node.crash();
    await network.until('all know', () => allSee(rest, killed, 'dead'));
    await network.advance(30_000);
    for (const node of rest) await node.update(Membership, { deployment: 'd2' });
    expect(otherThan('dead', rest, killed)).toEqual([]);
    expect(rest.map((node) => killed.every((member) => (seenOf(node, member)?.ageMs ?? 0) >= 30_000))).not.toContain(false);
    await network.advance(10_000);
    expect(otherThan('alive', rest, rest)).toEqual([]);
  });
});

describe('membership', () => {
  it('does not depend on right clocks', async () => {
    const network = new TestNetwork();
    for (let hour = -5; hour < 5; hour++) await network.add(Membership, { clockOffsetMs: hour * 3_600_000 });
    await network.until('everyone sees everyone', () => allSee(network.nodes, network.nodes, 'alive'));
    await advanceWithoutDeaths(network, 60_000, network.nodes, network.nodes);
    expect(otherThan('alive', network.nodes, network.nodes)).toEqual([]);
  });

  it('alone sees itself', async () => {
    const network = new TestNetwork();
    const node = await network.add(Membership);
    await network.advance(60_000);
    expect(seen(node)).toEqual([{ ...node.peer, incarnation: 1, state: 'alive', ageMs: 0 }]);
  });

  it('of two takes the other for dead, with nobody to confirm it', async () => {
    const { network, some, rest } = await settled(2, 1);
    for (const node of some) node.crash();
    await network.until('the other knows', () => allSee(rest, some, 'dead'));
    expect(seen(rest[0] as TestNode)).toHaveLength(2);
  });

  it('reads the state of version 1', async () => {
    const network = new TestNetwork();
    const members = [{ id: 'ab'.repeat(32), name: 'old', address: '10.0.0.9:1', incarnation: 7 }];
    const module = network.construct(Membership, { state: '' });
    await module.acceptState(JSON.stringify({ version: 1, members }));
    expect(module.inspect()).toMatchObject({ members: [{ name: 'node1' }, { name: 'old', incarnation: 7, state: 'alive', ageMs: 0 }] });
  });

  it('can read its own state again, whatever nodes are called', async () => {
    const network = new TestNetwork();
    await network.add(Membership, { name: 'Not a Name\u001b' });
    const node = await network.add(Membership);
    await network.advance(5_000);
    const next = network.construct(Membership);
    await next.acceptState(node.module.transferState());
    expect(next.inspect()).toMatchObject({ members: [{ name: '', state: 'alive' }, { name: 'node3' }] });
  });

  it('takes the name that a sender gives itself where the core knows none', async () => {
    const network = new TestNetwork();
    const node = await network.add(Membership);
    const from = { id: 'ab'.repeat(32), address: '[::1]:7946', name: '' };
    await network.deliver(node, { type: 'probe', name: 'newcomer', incarnation: 1, claims: [] }, from);
    expect(seen(node).map(({ name }) => name)).toEqual(['newcomer', 'node1']);
  });
});
