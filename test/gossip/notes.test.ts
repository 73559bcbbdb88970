/** How notes about nodes spread in a running cluster, and what follows from them (attack B15). */
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/gossip/checks.ts';
import type { GossipRequest } from '../../src/gossip/messages.ts';
import { GossipNode } from '../../src/gossip/node.ts';
import { decodeRequest, encodeRequest } from '../../src/gossip/wire.ts';
import type { ModuleName, NodeId } from '../../src/model/names.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { makeNextRoot, nextRoot, stepsAfter } from '../../src/trust/next-root.ts';
import { renewNotes, verifyNote } from '../../src/trust/node-note.ts';
import type { VerifiedNote } from '../../src/trust/node-note.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { Trust } from '../../src/trust/trust.ts';
import { Network } from '../support/network.ts';
import type { NetworkOptions, TestNode } from '../support/network.ts';
import { note } from '../support/notes.ts';
import { key, peer, record, root, seeded } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;

function cluster(count: number, options: NetworkOptions = {}): { readonly network: Network; readonly nodes: TestNode[] } {
  const network = new Network({ root, ...options });
  const all = Array.from({ length: count }, (_, index) => peer(index + 1));
  const nodes = all.map((each) => network.add(each));
  for (const node of nodes) node.start(all.filter(({ id }) => id !== node.peer.id));
  network.run(3_000);
  return { network, nodes };
}

function message(notes: readonly VerifiedNote[], more: Partial<Extract<GossipRequest, { kind: 'configuration' }>> = {}): GossipRequest {
  return {
    kind: 'configuration',
    digest: 'A'.repeat(22),
    summary: null,
    records: [],
    peers: [],
    notes: { digest: 'A'.repeat(22), notes },
    ...more,
  };
}

/** What the node makes of a message, by way of the wire. */
function read(trust: Trust, sent: GossipRequest): GossipRequest {
  const { method, path, headers, body } = encodeRequest(sent, peer(99).address);
  return decodeRequest({ method, path, headers: new Map(Object.entries(headers)), body }, trust);
}

/** As an operator brings it. */
function tell(node: TestNode, ...notes: readonly VerifiedNote[]): void {
  node.receive(peer(99), read(node.trust as Trust, message(notes)), () => undefined);
}

const hintsOf = (node: TestNode): readonly NodeId[] => node.gossip?.view(node.network.now).hints.map(({ id }) => id) ?? [];
const holds = (node: TestNode, { hash }: VerifiedNote): boolean => node.gossip?.notes.has(hash) ?? false;

describe('a note', () => {
  test('comes to every node at once, and stays through restarts', () => {
    const { network, nodes } = cluster(8);
    const made = note('admit', peer(50).id);
    tell(nodes[0] as TestNode, made);
    expect(network.runUntil(() => nodes.every((node) => holds(node, made)), 2_000)).toBe(true);
    for (const node of nodes) node.crash();
    for (const node of nodes) expect(holds(node.start(), made)).toBe(true);
  });

  test('is durable before anything is answered or told on (law 5)', () => {
    const trust = new Trust(root);
    const usual = { self: peer(1), incarnation: 1, rendezvous: [], runs: () => true, records: [], intervalMs: 1_000, random: seeded(1) };
    const node = new GossipNode({
      ...usual,
      trust,
      hints: [
        { ...peer(2), failures: 0, proven: true },
        { ...peer(3), failures: 0, proven: true },
      ],
    });
    node.handle({ type: 'start' }, 0);
    const asked = read(trust, message([note('revoke', peer(3).id)]));
    const types = node.handle({ type: 'request', token: 1, from: peer(2), message: asked }, 1).map(({ type }) => type);
    expect(types.indexOf('persist-configuration')).toBe(types.findIndex((type) => type !== 'timer'));
    expect(types).toContain('respond');
    expect(types).toContain('part');
  });

  test('comes by backup gossip alone to a node that was cut off, in as many messages as it takes', () => {
    const { network, nodes } = cluster(3);
    const [first, , last] = nodes as [TestNode, TestNode, TestNode];
    for (const other of nodes) last.cutFrom.add(other.peer.name);
    const many = Array.from({ length: 150 }, (_, index) => note('forget', peer(200 + index).id, { count: index + 1 }));
    for (let at = 0; at < many.length; at += 50) tell(first, ...many.slice(at, at + 50));
    network.run(10_000);
    expect(last.gossip?.notes.size).toBe(0);
    last.cutFrom.clear();
    expect(network.runUntil(() => last.gossip?.notes.size === 150, 15_000)).toBe(true);
    expect(last.gossip?.view(network.now).digest).toBe(first.gossip?.view(network.now).digest);
    expect(last.disk.notes).toHaveLength(150);
  });

  test('of two sides that decided apart, both have all when they meet', () => {
    const { network, nodes } = cluster(4);
    const [a, b] = [nodes.slice(0, 2), nodes.slice(2)];
    for (const node of a) for (const other of b) node.cutFrom.add(other.peer.name);
    for (const node of b) for (const other of a) node.cutFrom.add(other.peer.name);
    const [left, right] = [note('admit', peer(50).id), note('revoke', peer(51).id)];
    tell(a[0] as TestNode, left);
    tell(b[0] as TestNode, right);
    network.run(5_000);
    for (const node of nodes) node.cutFrom.clear();
    expect(network.runUntil(() => nodes.every((node) => holds(node, left) && holds(node, right)), 15_000)).toBe(true);
  });

  test('costs nobody anything once it is known', () => {
    const { network, nodes } = cluster(5);
    (nodes[0] as TestNode).inject(record(1, { code: null }));
    tell(nodes[0] as TestNode, note('revoke', peer(50).id), note('forget', peer(51).id));
    network.run(10_000);
    const before = nodes.map(({ sent }) => sent.configuration);
    network.run(20_000);
    // Backup gossip: every five rounds.
    for (const [place, { sent }] of nodes.entries()) expect(sent.configuration - (before[place] ?? 0)).toBeLessThanOrEqual(5);
  });

  test('nothing is told where there are none: nodes of version 0.1 refuse what they do not know', () => {
    const bodies: string[] = [];
    const { network, nodes } = cluster(2);
    const [first, other] = nodes as [TestNode, TestNode];
    first.receive(other.peer, read(first.trust as Trust, { ...message([]), notes: undefined } as GossipRequest), (answer) =>
      bodies.push(JSON.stringify(answer)),
    );
    network.run(100);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).not.toContain('notes');
  });

  test('that nobody entitled has signed is refused with its message', () => {
    const forged = note('revoke', peer(2).id);
    const { envelope } = forged;
    const stranger = { ...envelope, signatures: envelope.signatures.map((each) => ({ ...each, keyid: 'f'.repeat(64) })) };
    expect(() => read(new Trust(root), message([{ ...forged, envelope: stranger }]))).toThrow('no valid signature');
  });
});

describe('a revoked node', () => {
  /** What three nodes make of a fourth that was revoked, goes on, and deploys. */
  function stolen(hearsRevoked: boolean): { readonly taken: boolean; readonly called: number; readonly known: boolean } {
    const { network, nodes } = cluster(4, { checks: { ...CHECKS, hearsRevoked } });
    const [first, second, third, thief] = nodes as [TestNode, TestNode, TestNode, TestNode];
    const others = [first, second, third];
    first.inject(record(1));
    network.runUntil(() => nodes.every((node) => node.view(MODULE)?.running?.hash === record(1).hash), 20_000);
    const made = note('revoke', thief.peer.id);
    tell(first, made);
    expect(network.runUntil(() => others.every((node) => holds(node, made)), 5_000)).toBe(true);
    network.run(1_000);
    for (const node of others) expect(node.parted).toEqual([thief.peer.id]);
    const before = network.trace.length;
    thief.inject(record(2));
    network.run(20_000);
    return {
      taken: others.some((node) => node.gossip?.records().some(({ hash }) => hash === record(2).hash)),
      called: network.trace.slice(before).filter((line) => line.includes(`> ${thief.peer.name}`)).length,
      known: others.some((node) => hintsOf(node).includes(thief.peer.id)),
    };
  }

  test('attack B15: is neither heard nor spoken with', () => {
    expect(stolen(false)).toEqual({ taken: false, called: 0, known: false });
  });

  test('where it is heard all the same, attack B15 brings its deployment to all', () => {
    expect(stolen(true)).toMatchObject({ taken: true });
  });

  test('stays so through restarts, and where others name it; hints on the disk do not bring it back', () => {
    const { network, nodes } = cluster(3);
    const [first, , gone] = nodes as [TestNode, TestNode, TestNode];
    network.run(70_000);
    const kept = first.disk.hints;
    expect(kept.map(({ id }) => id)).toContain(gone.peer.id);
    tell(first, note('revoke', gone.peer.id));
    first.crash();
    first.disk.hints = kept;
    first.start();
    first.receive(peer(2), read(first.trust as Trust, message([], { peers: [gone.peer] })), () => undefined);
    expect(hintsOf(first)).not.toContain(gone.peer.id);
    expect(first.parted.filter((id) => id === gone.peer.id)).toHaveLength(2);
  });

  test('is passed over although the root names it as a rendezvous node', () => {
    const rendezvous = [peer(1), peer(2)];
    const { network, nodes } = cluster(4, { rendezvous });
    const [first, second, ...others] = nodes as [TestNode, TestNode, TestNode, TestNode];
    tell(second, note('revoke', first.peer.id));
    network.run(30_000);
    for (const node of [second, ...others]) expect(hintsOf(node)).not.toContain(first.peer.id);
    const before = network.trace.length;
    network.run(30_000);
    expect(network.trace.slice(before).filter((line) => line.includes(`> ${first.peer.name}`))).toEqual([]);
  });

  test('that wakes is told so by those that it calls, believes the signature, and comes back when it is admitted', () => {
    const { network, nodes } = cluster(3);
    const [first, , sleeper] = nodes as [TestNode, TestNode, TestNode];
    sleeper.crash();
    tell(first, note('revoke', sleeper.peer.id));
    network.run(5_000);
    sleeper.start([first.peer, peer(2)]);
    const alarms = () => sleeper.gossip?.view(network.now).alarms.map(({ code }) => code) ?? [];
    expect(network.runUntil(() => alarms().includes('GOSSIP_E_REVOKED'), 10_000)).toBe(true);
    sleeper.crash();
    expect((sleeper.start([first.peer, peer(2)]), alarms())).toEqual(['GOSSIP_E_REVOKED']);
    tell(first, note('admit', sleeper.peer.id, { count: 2 }));
    expect(network.runUntil(() => alarms().length === 0 && hintsOf(first).includes(sleeper.peer.id), 30_000)).toBe(true);
  });

  test('a peer alone cannot tell a node that it was revoked', () => {
    const trust = new Trust(root);
    const node = new GossipNode({
      self: peer(1),
      incarnation: 1,
      rendezvous: [],
      runs: () => true,
      records: [],
      intervalMs: 1_000,
      random: seeded(1),
      trust,
      hints: [{ ...peer(2), failures: 0, proven: true }],
    });
    const [timer] = node.handle({ type: 'start' }, 0).flatMap((effect) => (effect.type === 'timer' ? [effect] : []));
    expect(timer).toBeDefined();
    for (const other of [null, note('revoke', peer(3).id), note('admit', peer(1).id)]) {
      const sent = node.handle({ type: 'peer-met', peer: peer(2) }, 1).flatMap((effect) => (effect.type === 'send' ? [effect] : []));
      expect(sent).toHaveLength(1);
      const { token } = sent[0] as { token: number };
      node.handle({ type: 'answer', token, message: { kind: 'revoked', note: other } }, 2);
      expect(node.view(2).alarms).toEqual([]);
    }
    expect(node.notes.size).toBe(0);
  });
});

describe('a node that was forgotten', () => {
  test('stays gone, whatever those say who do not know it yet; on the disk too', () => {
    const { network, nodes } = cluster(4);
    const [first, second, sleeper, dead] = nodes as [TestNode, TestNode, TestNode, TestNode];
    network.run(70_000);
    sleeper.crash();
    dead.crash();
    const { incarnation } = dead;
    tell(first, note('forget', dead.peer.id, { incarnation }));
    network.run(10_000);
    for (const node of [first, second]) expect(hintsOf(node)).not.toContain(dead.peer.id);
    sleeper.start();
    expect(hintsOf(sleeper)).toContain(dead.peer.id);
    network.run(60_000);
    for (const node of [first, second, sleeper]) expect(hintsOf(node)).not.toContain(dead.peer.id);
    first.crash();
    first.disk.hints = [{ ...dead.peer, failures: 0, proven: true }];
    first.start();
    expect(hintsOf(first)).not.toContain(dead.peer.id);
  });

  test('comes back by living, and then everywhere', () => {
    const { network, nodes } = cluster(6);
    const [first] = nodes as [TestNode];
    const last = nodes.at(-1) as TestNode;
    last.crash();
    tell(first, note('forget', last.peer.id, { incarnation: last.incarnation }));
    network.run(10_000);
    last.start([first.peer]);
    expect(network.runUntil(() => nodes.every((node) => node === last || hintsOf(node).includes(last.peer.id)), 120_000)).toBe(true);
  });

  test('an older start of it is no sign of life', () => {
    const { network, nodes } = cluster(2);
    const [first] = nodes as [TestNode];
    tell(first, note('forget', peer(9).id, { incarnation: 5 }));
    const call = (incarnation: number): void => {
      first.gossip?.handle({ type: 'request', token: 1_000 + incarnation, from: peer(9), message: message([]), incarnation }, network.now);
    };
    call(4);
    expect(hintsOf(first)).not.toContain(peer(9).id);
    call(5);
    expect(hintsOf(first)).toContain(peer(9).id);
  });
});

describe('when the trust epoch rises', () => {
  const fresh = generateKey();
  const role = { keys: [fresh.keyid], threshold: 1 };
  const raised: TrustedRoot = nextRoot(
    root,
    makeNextRoot(
      root,
      { created: 2, epoch: 2, keys: { [fresh.keyid]: { public: fresh.public } }, roles: { root: role, deploy: role, admit: role } },
      [key, fresh],
    ),
  );
  const told = { version: 2, hash: raised.hash, steps: stepsAfter(raised, 1) };

  test.each([true, false])('what the ended keys noted ends, unless it was signed anew (%s)', (isRenewed) => {
    const { network, nodes } = cluster(4);
    const [first] = nodes as [TestNode];
    const made = note('revoke', peer(50).id);
    tell(first, made);
    network.run(5_000);
    const renewed = isRenewed ? renewNotes([made], raised, [fresh]).map((envelope) => verifyNote(envelope, raised)) : [];
    first.receive(peer(99), read(first.trust as Trust, message(renewed, { root: told })), () => undefined);
    network.run(10_000);
    for (const node of nodes) {
      expect(node.gossip?.notes.size).toBe(renewed.length);
      expect(node.gossip?.notes.revocation(peer(50).id) !== undefined).toBe(isRenewed);
      expect(node.gossip?.view(network.now).digest).toBe(first.gossip?.view(network.now).digest);
    }
    // A node of before tells the old note again.
    first.receive(peer(98), read(first.trust as Trust, message([made], { root: undefined })), () => undefined);
    expect(first.gossip?.notes.size).toBe(renewed.length);
  });

  test('whoever comes into the new one hears in the same message who is revoked: nobody lets him in for a moment', () => {
    const { network, nodes } = cluster(8);
    const [first] = nodes as [TestNode];
    const made = note('revoke', peer(50).id);
    tell(first, made);
    network.run(5_000);
    const renewed = renewNotes([made], raised, [fresh]).map((envelope) => verifyNote(envelope, raised));
    first.receive(peer(99), read(first.trust as Trust, message(renewed, { root: told })), () => undefined);
    const inNew = (): TestNode[] => nodes.filter(({ trust }) => trust?.root.root.version === 2);
    for (let steps = 0; steps < 5_000 && inNew().length < nodes.length; steps += 1) {
      network.run(2);
      for (const node of inNew()) expect(node.gossip?.notes.revocation(peer(50).id)).toBeDefined();
    }
    expect(inNew()).toHaveLength(nodes.length);
  });
});
