/** Attack A4: somebody between a node and all others lets through everything but what is new. Attack B16: a rendezvous node lies. */
import { describe, expect, test } from 'vitest';
import type { GossipAnswer, GossipRequest } from '../../src/gossip/messages.ts';
import type { Peer } from '../../src/model/names.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { makeTip } from '../../src/trust/tip.ts';
import type { TipClaim } from '../../src/trust/tip.ts';
import { fleet } from '../support/fleet.ts';
import type { Tamper, TestNode } from '../support/network.ts';
import { record, root } from '../support/records.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STALE_MS = HOUR_MS;
const TIP_MS = 5 * MINUTE_MS;
/** From the last confirmation to the word of it, at the latest: the hour itself, and the tip before. */
const NOTICED_MS = STALE_MS + 2 * TIP_MS;

const fresh = ({ gossip, network }: TestNode): boolean | null | undefined => gossip?.view(network.now).freshness.fresh;
const holds = (node: TestNode, deployment: string): boolean =>
  node.view('membership')?.newest.deployment.number.sequence === Number(deployment.slice(1));

/** Lets nothing through to the victim that it does not hold yet. `tips`: whether these come through. */
function freezing(victim: Peer, { tips = true } = {}): Tamper {
  return <Message extends GossipRequest | GossipAnswer>(message: Message, _: Peer, to: Peer): Message => {
    if (to.id !== victim.id || !('records' in message)) return message;
    return { ...message, records: [], ...('fresh' in message && { lacking: [] }), ...(!tips && { tips: undefined }) };
  };
}

/** Five nodes, three of them rendezvous nodes, that run d1 and have heard tips. */
function settled() {
  const all = fleet(5, 3);
  const [first, , , other, victim] = all.nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
  first.inject(record(1));
  all.net.run(2 * TIP_MS);
  return { ...all, first, other, victim };
}

describe('attack A4: a freeze', () => {
  test('does not happen: all are fresh within minutes and stay so, whatever is deployed, and the rendezvous nodes may be restarted', () => {
    const { net, nodes, other, first } = settled();
    const seen = new Set<boolean | null | undefined>();
    for (let sequence = 2; sequence <= 8; sequence += 1) {
      other.inject(record(sequence));
      net.run(11 * MINUTE_MS);
      for (const node of nodes) seen.add(fresh(node));
      if (sequence !== 4) continue;
      first.crash();
      first.start();
    }
    // One that has just started cannot know yet.
    expect([...seen].filter((each) => each !== null)).toEqual([true]);
    expect(nodes.map(fresh)).toEqual(nodes.map(() => true));
  });

  test.each([
    ['with all tips', true],
    ['without tips', false],
  ])('attack A4: %s let through, the node says that it is stale and goes on; and it is fresh again once that has ended', (_, tips) => {
    const { net, other, victim, nodes } = settled();
    expect(nodes.map(fresh)).toEqual(nodes.map(() => true));
    net.tamper = freezing(victim.peer, { tips });
    other.inject(record(2));
    net.run(NOTICED_MS);
    expect([fresh(victim), holds(victim, 'd1'), victim.view('membership')?.state]).toEqual([false, true, 'running']);
    expect(nodes.filter((node) => node !== victim).map(fresh)).toEqual([true, true, true, true]);
    expect(victim.notes).toContainEqual({ event: 'stale', stale: true });
    net.run(HOUR_MS);
    expect(fresh(victim)).toBe(false);
    net.tamper = (message) => message;
    expect(net.runUntil(() => fresh(victim) === true && holds(victim, 'd2'), 3 * TIP_MS)).toBe(true);
  });

  test('attack A4: tips of before, shown again, refresh nothing; nor do they after a restart', () => {
    const { net, victim, other } = settled();
    const heard: string[] = [];
    net.tamper = (message, _, to) => {
      if (to.id === victim.peer.id && 'tips' in message) heard.push(...(message.tips ?? []));
      return message;
    };
    net.run(4 * TIP_MS);
    expect(heard.length).toBeGreaterThan(6);
    const freeze = freezing(victim.peer, { tips: false });
    net.tamper = (message, from, to) => {
      const held = freeze(message, from, to);
      return to.id === victim.peer.id && 'records' in held && 'peers' in held ? { ...held, tips: heard.slice(0, 8) } : held;
    };
    other.inject(record(2));
    net.run(HOUR_MS / 2);
    victim.crash();
    victim.start();
    net.run(2 * TIP_MS);
    expect(fresh(victim)).toBeNull();
    net.run(NOTICED_MS);
    expect(fresh(victim)).toBe(false);
  });
});

describe('attack B16: one of three rendezvous nodes lies', () => {
  /** The first is the liar's from now on: so often it tells everybody what `lie` says. */
  function lying(lie: (number: number, honest: string) => Partial<TipClaim>) {
    const all = settled();
    const { net, nodes, keys, first } = all;
    first.crash();
    const others = nodes.filter((node) => node !== first);
    let number = 0;
    const tell = (): void => {
      number += 1;
      const digest = others.at(-1)?.gossip?.view(net.now).digest ?? '';
      const claim = { start: 2, number, rootVersion: 1, digest, time: 0, ...lie(number, digest) };
      const { line } = makeTip(root.cluster, claim, keys[0] as PrivateKey);
      const message = { kind: 'configuration', digest, summary: null, records: [], peers: [], tips: [line] } as const;
      for (const node of others) node.receive(first.peer, message, () => undefined);
      net.later(TIP_MS, tell);
    };
    tell();
    return { ...all, others };
  }

  test.each<[string, (number: number, honest: string) => Partial<TipClaim>]>([
    ['that it holds something else', () => ({ digest: 'A'.repeat(22) })],
    ['that there is a later root', () => ({ rootVersion: 99 })],
    ['numbers that leap to the end', (number, honest) => ({ number: number === 1 ? 10 ** 15 - 1 : number, digest: honest })],
  ])('attack B16: it says %s, and nobody is stale', (_, lie) => {
    const { net, others } = lying(lie);
    net.run(NOTICED_MS);
    expect(others.map(fresh)).toEqual([true, true, true, true]);
  });

  test('attack B16: it confirms to a frozen node what that holds, and the node is stale all the same', () => {
    const { net, victim, other } = lying((_, held) => ({ digest: held }));
    net.tamper = freezing(victim.peer);
    other.inject(record(2));
    net.run(NOTICED_MS);
    expect([fresh(victim), fresh(other)]).toEqual([false, true]);
  });
});

describe('where there are few rendezvous nodes', () => {
  test('one confirms for all, and nobody confirms for it', () => {
    const { net, nodes } = fleet(3, 1);
    net.run(2 * TIP_MS);
    expect(nodes.map(fresh)).toEqual([null, true, true]);
    nodes[0]?.crash();
    net.run(NOTICED_MS);
    expect(nodes.slice(1).map(fresh)).toEqual([false, false]);
  });

  test('of two both are needed; without any, and alone, nobody is stale', () => {
    const { net, nodes } = fleet(3, 2);
    net.run(2 * TIP_MS);
    expect(nodes.map(fresh)).toEqual([true, true, true]);
    nodes[1]?.crash();
    const [none, alone] = [fleet(2, 0), fleet(1, 1)];
    for (const each of [net, none.net, alone.net]) each.run(NOTICED_MS);
    expect([nodes[0], nodes[2]].map((node) => node && fresh(node))).toEqual([false, false]);
    expect([...none.nodes, ...alone.nodes].map(fresh)).toEqual([null, null, null]);
  });
});
