/** A peer of whom only a module has heard is looked for. */
import { describe, expect, test } from 'vitest';
import { Hints } from '../../src/gossip/hints.ts';
import type { Address, ModuleName } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import { peer, record, seeded } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;

/** `a` knows `b` alone, a rendezvous node, which has met `c`. */
function three() {
  const network = new Network({ rendezvous: [peer(2)] });
  const [a, b, c] = [network.add(peer(1)), network.add(peer(2)), network.add(peer(3))];
  b.start([]);
  a.start([peer(2)]);
  b.inject(record(1));
  network.run(3_000);
  return { network, a, b, c };
}

describe('an exchange with a peer that the core has no hint of', () => {
  test('is made once another node has said where that one is', () => {
    const { network, a, b, c } = three();
    c.start([peer(2)]);
    network.run(1_500);
    expect([b, a].map((node) => node.gossip?.view(network.now).hints.some(({ id }) => id === c.peer.id))).toEqual([true, false]);
    a.exchange(MODULE, c.peer);
    network.run(500);
    expect(a.replies).toEqual(['answer']);
  });

  test('fails as ever where nobody knows it, and where its id is none', () => {
    const { network, a } = three();
    a.exchange(MODULE, peer(9));
    a.exchange(MODULE, { ...peer(9), id: 'x' as never });
    network.run(500);
    expect(a.replies).toEqual(['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_UNREACHABLE']);
  });

  test('costs a bounded number of messages, however many ids a module names (attack D11)', () => {
    const { network, a } = three();
    const before = a.sent.configuration;
    for (let id = 10; id < 60; id += 1) a.exchange(MODULE, peer(id));
    network.run(1_000);
    expect(a.replies).toHaveLength(50);
    expect(a.sent.configuration - before).toBeGreaterThanOrEqual(16);
    expect(a.sent.configuration - before).toBeLessThan(24);
  });
});

describe('what nodes say of where others are', () => {
  const table = (): Hints => new Hints(peer(1).id, [], seeded(3));

  test('that one has answered elsewhere is as good as an answer here; that it says so itself is not', () => {
    const hints = table();
    hints.told([peer(2), { ...peer(3), claimed: true }], false);
    expect([peer(2), peer(3)].map((one) => [hints.get(one.id), hints.answeredAt(one)])).toEqual([
      [peer(2), true],
      [peer(3), false],
    ]);
    expect(hints.answeredAt({ ...peer(2), address: '10.0.0.9:22' as Address })).toBe(false);
  });

  test('nobody vouches for an address that the hints do not take', () => {
    const hints = table();
    hints.claim(peer(2));
    hints.told([{ ...peer(2), address: '10.0.0.9:22' as Address }], false);
    expect(hints.answeredAt(peer(2))).toBe(false);
    hints.told([peer(2)], false);
    expect(hints.answeredAt(peer(2))).toBe(true);
    hints.claim({ ...peer(2), address: '10.0.0.9:7946' as Address });
    expect(hints.answeredAt({ ...peer(2), address: '10.0.0.9:7946' as Address })).toBe(false);
  });

  test('whoever looks for one is told what was seen here, or what that one says itself, and no hearsay', () => {
    const hints = table();
    hints.hear(peer(2));
    hints.claim(peer(3));
    hints.claim(peer(4));
    hints.succeeded(peer(4));
    expect([2, 3, 4, 5].map((id) => hints.whereabouts(peer(id).id))).toEqual([[], [{ ...peer(3), claimed: true }], [peer(4)], []]);
  });
});
