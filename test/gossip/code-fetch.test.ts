import { describe, expect, test } from 'vitest';
import { CodeFetch } from '../../src/gossip/code-fetch.ts';
import type { ErrorCode } from '../../src/model/errors.ts';
import type { ModuleName, Peer } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;

function cluster(size: number, rendezvous = 1): { network: Network; nodes: TestNode[] } {
  const peers = Array.from({ length: size }, (_, index) => peer(index + 1));
  const network = new Network({ rendezvous: peers.slice(0, rendezvous) });
  const nodes = peers.map((known) => network.add(known));
  for (const node of nodes) node.start(peers);
  return { network, nodes };
}

const fetchesOf = (network: Network, name: string) => network.trace.filter((line) => line.startsWith(`${name} fetch`));

test('one fetch at a time for a code, however many tell of it', () => {
  const { network, nodes } = cluster(10);
  nodes[0]?.inject(record(1));
  network.run(5_000);
  for (const {
    peer: { name },
  } of nodes.slice(1))
    expect(fetchesOf(network, name).length).toBeLessThanOrEqual(3);
  expect(nodes.map((node) => node.view(MODULE)?.state)).toEqual(nodes.map(() => 'running'));
});

test('a rendezvous node is among the first three that are asked', () => {
  const { network, nodes } = cluster(12);
  const holder = nodes[0] as TestNode;
  const [asker] = nodes.slice(-1) as [TestNode];
  for (const node of nodes.slice(1)) node.servesGarbage = true;
  holder.inject(record(1));
  network.run(20_000);
  const asked = fetchesOf(network, asker.peer.name).slice(0, 3);
  expect(asked.some((line) => line.endsWith('from node1'))).toBe(true);
});

describe('attack A12: malicious mirrors', () => {
  function spread(rendezvous: number): { network: Network; honest: TestNode[] } {
    const { network, nodes } = cluster(40, rendezvous);
    for (const node of nodes.slice(4)) node.servesGarbage = true;
    nodes[0]?.inject(record(1));
    network.run(120_000);
    return { network, honest: nodes };
  }

  test('nine of ten peers serve garbage, and every node gets the code', () => {
    const { honest } = spread(1);
    expect(honest.map((node) => node.view(MODULE)?.state)).toEqual(honest.map(() => 'running'));
  });

  test('also when none of the honest ones is a rendezvous node', () => {
    const { honest } = spread(0);
    expect(honest.map((node) => node.view(MODULE)?.state)).toEqual(honest.map(() => 'running'));
  });

  test('whoever served garbage is asked last from then on', () => {
    const { network, nodes } = cluster(4);
    const [holder, asker, liar] = nodes as [TestNode, TestNode, TestNode];
    liar.servesGarbage = true;
    holder.inject(record(1));
    network.run(10_000);
    const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [record(2)], peers: [] } as const;
    holder.disk.codes.add(code('code2').hash);
    asker.receive(liar.peer, message, () => undefined);
    network.run(10_000);
    expect(fetchesOf(network, 'node2').filter((line) => line.includes('code2'))[0]).toBe('node2 fetch code2 from node3');
    const from = network.trace.length;
    holder.disk.codes.add(code('code3').hash);
    asker.receive(liar.peer, { ...message, records: [record(3)] }, () => undefined);
    network.run(10_000);
    expect(network.trace.slice(from).filter((line) => line.startsWith('node2 fetch'))[0]).not.toBe('node2 fetch code3 from node3');
  });
});

test('giving up is never final: a source that comes back after a long time is found', () => {
  const { network, nodes } = cluster(2);
  const [holder, asker] = nodes as [TestNode, TestNode];
  holder.inject(record(1));
  network.run(3);
  holder.crash();
  network.run(600_000);
  expect(asker.view(MODULE)).toMatchObject({ state: 'failed', why: { code: 'GOSSIP_E_NOT_LISTENING' } });
  holder.start();
  expect(network.runUntil(() => asker.view(MODULE)?.state === 'running', 60_000)).toBe(true);
});

const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [record(1)], peers: [] } as const;

test('who told may be silent for longer and wait for the code itself; one that is silent lets the next be so for longer, up to four seconds', () => {
  const { network, nodes } = cluster(8);
  const asker = nodes[7] as TestNode;
  let effects = asker.gossip?.handle({ type: 'request', token: 1, from: peer(1), message }, network.now) ?? [];
  const patience: number[] = [];
  const waits: (number | null | undefined)[] = [];
  for (const reason of ['GOSSIP_E_BUSY', 'GOSSIP_E_TIMEOUT', 'GOSSIP_E_TIMEOUT', 'GOSSIP_E_TIMEOUT', 'GOSSIP_E_BUSY'] as const) {
    const fetch = effects.find((effect) => effect.type === 'fetch-code');
    patience.push(fetch?.patienceMs ?? 0);
    waits.push(fetch?.waitMs);
    const failure = { code: reason, message: 'no code' };
    effects = asker.gossip?.handle({ type: 'code-failed', token: fetch?.token ?? 0, failure, referrals: [] }, network.now) ?? [];
  }
  expect(patience).toEqual([3_000, 1_000, 2_000, 4_000, 4_000]);
  expect(waits).toEqual([6_000, null, null, null, null]);
});

test('a peer that a busy source refers to is asked next', () => {
  const { network, nodes } = cluster(3);
  const [, asker] = nodes as [TestNode, TestNode];
  const effects = asker.gossip?.handle({ type: 'request', token: 1, from: peer(1), message }, network.now) ?? [];
  const fetch = effects.find((effect) => effect.type === 'fetch-code');
  expect(fetch?.from).toEqual(peer(1));
  const busy = { code: 'GOSSIP_E_BUSY', message: 'ask another' } as const;
  const token = fetch?.token ?? 0;
  const next = asker.gossip?.handle({ type: 'code-failed', token, failure: busy, referrals: [asker.peer, peer(9)] }, network.now) ?? [];
  const asked = next.flatMap((effect) => (effect.type === 'fetch-code' ? effect : []));
  expect(asked.map(({ from }) => from.id)).not.toContain(asker.peer.id);
  const after = asker.gossip?.handle({ type: 'code-failed', token: asked[0]?.token ?? 0, failure: busy, referrals: [] }, network.now) ?? [];
  const both = [...asked, ...after.flatMap((effect) => (effect.type === 'fetch-code' ? effect : []))];
  expect(both.map(({ from }) => from.id)).toContain(peer(9).id);
});

test('code that an operator brings after its record is run at once, and nobody is asked for it any more', () => {
  const { network, nodes } = cluster(2);
  const [teller, node] = nodes as [TestNode, TestNode];
  teller.inject(record(1));
  teller.disk.codes.clear();
  network.run(100_000);
  expect(node.view(MODULE)).toMatchObject({ state: 'failed', why: { code: 'GOSSIP_E_CODE_ABSENT' } });
  const asked = fetchesOf(network, 'node2').length;
  node.inject(record(1));
  expect(network.runUntil(() => node.view(MODULE)?.state === 'running', 1_000)).toBe(true);
  network.run(100_000);
  expect(fetchesOf(network, 'node2')).toHaveLength(asked);
});

test('where a source is busy it most likely has the code: the pauses stay short, and grow where nobody has it', () => {
  const pauses = (codes: readonly ErrorCode[]): number[] => {
    const set: number[] = [];
    const emitted: { token: number }[] = [];
    let [token, next] = [0, (): void => undefined];
    const fetch = new CodeFetch({
      ports: {
        now: 0,
        timing: { retryMs: 1_000, longestFetchRetryMs: 30_000 },
        token: () => (token += 1),
        emit: (effect: { token: number }) => emitted.push(effect),
        timers: { clear: () => undefined, set: (_: string, at: number, run: () => void) => void (set.push(at), (next = run)) },
      },
      hints: { failed: () => undefined, hear: () => undefined, isRevoked: () => false },
      view: { has: () => true, pickRendezvous: () => undefined, pick: (fits: (peer: Peer) => boolean) => [peer(2), peer(3)].find(fits) },
      self: peer(1).id,
      trouble: () => undefined,
    } as unknown as ConstructorParameters<typeof CodeFetch>[0]);
    fetch.want(code('code1'), null);
    for (const failure of codes) {
      const before = set.length;
      fetch.failed(emitted.at(-1)?.token ?? 0, { code: failure, message: 'no' }, []);
      if (set.length > before) next();
    }
    return set;
  };
  const [busy, absent] = ['GOSSIP_E_BUSY', 'GOSSIP_E_NOT_FOUND'] as const;
  expect(pauses([absent, absent, absent, absent, absent, absent])).toEqual([1_000, 2_000, 4_000]);
  expect(pauses([absent, busy, busy, absent, absent, busy])).toEqual([1_000, 2_000, 2_000]);
  expect(pauses([busy, absent, absent, busy, absent, absent])).toEqual([1_000, 2_000, 4_000]);
});
