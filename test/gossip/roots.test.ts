/** How the root changes in a running cluster (attacks A10 and A11). */
import { describe, expect, test } from 'vitest';
import { Configuration } from '../../src/gossip/configuration.ts';
import type { GossipRequest } from '../../src/gossip/messages.ts';
import { GossipNode } from '../../src/gossip/node.ts';
import { decodeRequest, encodeRequest } from '../../src/gossip/wire.ts';
import type { Envelope, VerifiedDeployment } from '../../src/model/deployment.ts';
import type { GossipError } from '../../src/model/errors.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { makeNextRoot, nextRoot, stepsAfter } from '../../src/trust/next-root.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { Trust } from '../../src/trust/trust.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { code, deploymentOf, key, peer, record, root, seeded } from '../support/records.ts';
import type { RecordOptions } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const keys = [key, generateKey(), generateKey()] as const;

/** The next version, in which `to` takes the place of `from` in every role. */
function exchanged(before: TrustedRoot, from: PrivateKey, to: PrivateKey, raise = 0): TrustedRoot {
  const role = { keys: [to.keyid], threshold: 1 };
  const change = {
    created: before.root.version,
    epoch: before.root.epoch + raise,
    keys: { [to.keyid]: { public: to.public } },
    roles: { root: role, deploy: role, admit: role },
  };
  return nextRoot(before, makeNextRoot(before, change, [from, to]));
}

function chain(count: number): TrustedRoot {
  let newest = root;
  for (let step = 0; step < count; step += 1) {
    newest = exchanged(newest, keys[step % 3] as PrivateKey, keys[(step + 1) % 3] as PrivateKey);
  }
  return newest;
}

const second = exchanged(root, keys[0], keys[1]);

/** A deployment that `signer` signed, verified by that root. */
function signed(signer: PrivateKey, by: TrustedRoot, sequence: number, options: RecordOptions = {}): VerifiedDeployment {
  return verifyDeployment(signDeployment(deploymentOf(sequence, options), [signer]), by);
}

function message(newest: TrustedRoot, steps: readonly Envelope[], records: readonly VerifiedDeployment[] = []): GossipRequest {
  const told = { version: newest.root.version, hash: newest.hash, steps };
  return { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records, peers: [], root: told };
}

/** What the node makes of a message, by way of the wire. */
function read(trust: Trust, sent: GossipRequest): GossipRequest {
  const { method, path, headers, body } = encodeRequest(sent, peer(9).address);
  return decodeRequest({ method, path, headers: new Map(Object.entries(headers)), body }, trust);
}

/** An operator tells the node of the root; whether the node answered. */
function tell(node: TestNode, newest: TrustedRoot, records: readonly VerifiedDeployment[] = []): boolean {
  let answered = 0;
  const trust = node.trust as Trust;
  for (let sent = 1; answered < sent && trust.root.root.version < newest.root.version; sent += 1) {
    const steps = stepsAfter(newest, trust.root.root.version, { maxSteps: 32 });
    node.receive(peer(9), read(trust, message(newest, steps, records)), () => (answered += 1));
  }
  return answered > 0;
}

function cluster(size: number): { network: Network; nodes: TestNode[] } {
  const network = new Network({ root });
  const peers = Array.from({ length: size }, (_, index) => peer(index + 1));
  return { network, nodes: peers.map((each) => network.add(each).start(peers)) };
}

const version = (node: TestNode) => node.trust?.root.root.version;
const refusal = (act: () => unknown) => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as GossipError).code;
  }
};

describe('a new root', () => {
  test('comes to every node at once, and stays', () => {
    const { network, nodes } = cluster(8);
    network.run(3_000);
    const [first] = nodes as [TestNode];
    tell(first, second);
    expect(network.runUntil(() => nodes.every((node) => version(node) === 2), 2_000)).toBe(true);
    for (const node of nodes) node.crash();
    for (const node of nodes) expect(version(node.start())).toBe(2);
  });

  test('is durable before anything is answered or told on (law 5)', () => {
    const trust = new Trust(root);
    const usual = { self: peer(1), incarnation: 1, rendezvous: [], runs: () => true, records: [], intervalMs: 1_000, random: seeded(1) };
    const node = new GossipNode({ ...usual, trust, hints: [{ ...peer(2), failures: 0, proven: true }] });
    node.handle({ type: 'start' }, 0);
    const asked = read(trust, message(second, stepsAfter(second, 1)));
    const types = node.handle({ type: 'request', token: 1, from: peer(2), message: asked }, 1).map(({ type }) => type);
    expect(types.indexOf('persist-configuration')).toBe(types.findIndex((type) => type !== 'timer'));
    expect(types).toContain('respond');
    expect(node.steps()).toEqual([second.envelope]);
  });

  test('comes by backup gossip alone to a node that was cut off, with what the new key signed', () => {
    const { network, nodes } = cluster(4);
    const [first, , , last] = nodes as [TestNode, TestNode, TestNode, TestNode];
    network.run(3_000);
    for (const other of nodes) last.cutFrom.add(other.peer.name);
    const newest = signed(keys[1], second, 1);
    tell(first, second, [newest]);
    network.run(10_000);
    expect([version(first), version(last)]).toEqual([2, 1]);
    last.cutFrom.clear();
    expect(network.runUntil(() => version(last) === 2 && last.gossip?.records().length === 1, 15_000)).toBe(true);
    expect(last.gossip?.view(network.now).digest).toBe(first.gossip?.view(network.now).digest);
  });

  test('is replayed step by step by a node that was away for 300 of them', () => {
    const { network, nodes } = cluster(3);
    const [first, , sleeper] = nodes as [TestNode, TestNode, TestNode];
    network.run(3_000);
    sleeper.crash();
    const far = chain(300);
    const last = signed(keys[0], far, 1);
    tell(first, far, [last]);
    network.run(5_000);
    sleeper.start();
    expect(network.runUntil(() => version(sleeper) === 301 && sleeper.gossip?.records().length === 1, 15_000)).toBe(true);
    expect(sleeper.disk.steps).toHaveLength(300);
    expect(sleeper.notes.filter(({ event }) => event === 'root-accepted').length).toBeGreaterThanOrEqual(10);
  });

  test('costs nobody anything once it is known', () => {
    const { network, nodes } = cluster(5);
    network.run(3_000);
    (nodes[0] as TestNode).inject(record(1, { code: null }));
    tell(nodes[0] as TestNode, chain(40));
    network.run(10_000);
    const before = nodes.map(({ sent }) => sent.configuration);
    network.run(20_000);
    // Backup gossip: every five rounds.
    for (const [place, { sent }] of nodes.entries()) expect(sent.configuration - (before[place] ?? 0)).toBeLessThanOrEqual(5);
  });

  test('its rendezvous nodes hold from then on', () => {
    const network = new Network({ root });
    const node = network.add(peer(1)).start();
    const moved = nextRoot(root, makeNextRoot(root, { created: 1, rendezvous: [peer(7), peer(1)] }, [key]));
    tell(node, moved);
    expect(node.gossip?.view(network.now).hints.map(({ name }) => name)).toContain('node7');
  });
});

describe('what a peer tells', () => {
  const third = exchanged(second, keys[1], keys[2]);

  test.each<[string, readonly unknown[], string]>([
    ['steps with one left out between them', [second.envelope, exchanged(third, keys[2], keys[0]).envelope], 'GOSSIP_E_SIGNATURE'],
    ['steps that begin further on', [third.envelope], 'accepted'],
    [
      'a step that only the new key signed',
      [{ ...second.envelope, signatures: second.envelope.signatures.slice(1) }],
      'GOSSIP_E_SIGNATURE',
    ],
    [
      'a step that only the old key signed',
      [{ ...second.envelope, signatures: second.envelope.signatures.slice(0, 1) }],
      'GOSSIP_E_SIGNATURE',
    ],
    ['a deployment as a step', [record(1).envelope], 'GOSSIP_E_SCHEMA'],
    ['nonsense', [null], 'GOSSIP_E_SCHEMA'],
    ['more steps than a message may have', Array.from({ length: 65 }, () => second.envelope), 'GOSSIP_E_REQUEST'],
  ])('%s: nothing of it is taken', (_, steps, expected) => {
    const trust = new Trust(root);
    const refused = refusal(() => read(trust, message(third, steps as Envelope[])));
    expect([refused, trust.root]).toEqual([expected, root]);
  });

  test('a version without its steps changes nothing', () => {
    const { network, nodes } = cluster(2);
    network.run(3_000);
    const [first] = nodes as [TestNode];
    first.receive(peer(9), read(first.trust as Trust, message(third, [])), () => undefined);
    network.run(10_000);
    expect(nodes.map(version)).toEqual([1, 1]);
  });

  test('a record of a key that the reader does not know yet is left out, and refused where both hold the same root', () => {
    const late = signed(keys[1], second, 1);
    const held = new Trust(root);
    expect(read(held, message(second, [], [late, record(2)]))).toMatchObject({ records: [record(2)] });
    expect(refusal(() => read(held, message(root, [], [late])))).toBe('GOSSIP_E_SIGNATURE');
    expect(read(held, message(second, [second.envelope], [late]))).toMatchObject({ records: [late] });
  });

  test('a node of before tells no root, and its records are taken as ever', () => {
    const { root: _, ...before } = message(root, [], [record(1)]) as Extract<GossipRequest, { kind: 'configuration' }>;
    expect(read(new Trust(root), before)).toMatchObject({ records: [record(1)] });
    expect(read(new Trust(second), before)).toMatchObject({ records: [record(1)] });
  });
});

test('a digest stands for the root from the second version on', () => {
  const [plain, first, later] = [new Configuration(), new Configuration(), new Configuration()];
  first.follow(root);
  later.follow(root);
  later.follow(second);
  expect(first.digest).toBe(plain.digest);
  expect(later.digest).not.toBe(plain.digest);
});

describe('a stolen deploy key (attack A10)', () => {
  const raised = exchanged(root, keys[0], keys[1], 1);
  const wanted = signed(keys[1], raised, 1, { epoch: 2, message: 'as the operator wants it' });

  test('as many records by it as there is place for, before and after, lose to the one that the new epoch signed; sleepers too', () => {
    const { network, nodes } = cluster(4);
    const [first, , , sleeper] = nodes as [TestNode, TestNode, TestNode, TestNode];
    network.run(3_000);
    const stolen = Array.from({ length: 64 }, (_, index) => record(index + 100));
    for (const each of stolen) first.disk.codes.add(code(`code${each.deployment.number.sequence}`).hash);
    first.inject(stolen[63] as VerifiedDeployment);
    expect(network.runUntil(() => nodes.every((node) => node.view(MODULE)?.running?.hash === stolen[63]?.hash), 20_000)).toBe(true);
    sleeper.crash();
    first.disk.codes.add(code('code1').hash);
    tell(first, raised, [wanted]);
    network.run(20_000);
    sleeper.start([peer(1), peer(2)]);
    // And again, from a node in the thief's hands.
    for (const node of nodes) node.receive(peer(9), read(node.trust as Trust, message(root, [], stolen)), () => undefined);
    const settled = () => nodes.every((node) => node.view(MODULE)?.running?.hash === wanted.hash);
    expect(network.runUntil(settled, 30_000)).toBe(true);
    for (const node of nodes) expect(node.gossip?.records()).toEqual([wanted]);
  });

  test('what runs goes on until the new epoch has something to say of it, and nothing older comes in', () => {
    const { network, nodes } = cluster(2);
    const [first, other] = nodes as [TestNode, TestNode];
    network.run(3_000);
    first.inject(record(5, { scrub: true }));
    const runs = (hash: string) => network.runUntil(() => nodes.every((node) => node.view(MODULE)?.running?.hash === hash), 20_000);
    expect(runs(record(5, { scrub: true }).hash)).toBe(true);
    const started = first.activated.length;
    tell(other, raised);
    network.run(10_000);
    first.receive(peer(9), read(first.trust as Trust, message(root, [], [record(6)])), () => undefined);
    network.run(10_000);
    expect(nodes.map(version)).toEqual([2, 2]);
    expect(first.gossip?.records()).toEqual([]);
    expect(runs(record(5, { scrub: true }).hash)).toBe(true);
    expect(first.activated).toHaveLength(started);
    expect(first.gossip?.highestSequence()).toBe(0);
    first.inject(wanted);
    expect(runs(wanted.hash)).toBe(true);
  });
});

describe('a trust epoch that says how many modules it begins with', () => {
  const OTHER = 'counter' as ModuleName;

  /** Of the next epoch, with the records that `wanted` makes. */
  function epoch(modules: number, ...wanted: ((by: TrustedRoot) => VerifiedDeployment)[]) {
    const role = { keys: [keys[1].keyid], threshold: 1 };
    const change = {
      created: 1,
      epoch: 2,
      modules,
      keys: { [keys[1].keyid]: { public: keys[1].public } },
      roles: { root: role, deploy: role, admit: role },
    };
    const opened = nextRoot(root, makeNextRoot(root, change, [keys[0], keys[1]]));
    return { opened, records: wanted.map((make) => make(opened)) };
  }
  const wants = (module: ModuleName, sequence: number) => (by: TrustedRoot) => signed(keys[1], by, sequence, { epoch: 2, module });

  function veteran(size: number) {
    const { network, nodes } = cluster(size);
    network.run(3_000);
    const [first] = nodes as [TestNode];
    first.inject(record(1));
    first.inject(record(2, { module: OTHER }));
    const both = () => nodes.every((node) => node.running(MODULE) !== undefined && node.running(OTHER) !== undefined);
    expect(network.runUntil(both, 20_000)).toBe(true);
    return { network, nodes, first };
  }

  test('ends what nothing of it names, with its state, once all of that is known, and not before', () => {
    const { network, nodes, first } = veteran(3);
    network.run(10_000);
    const { opened, records } = epoch(2, wants(MODULE, 1), wants('another' as ModuleName, 2));
    for (const { deployment } of records) if (deployment.code !== null) first.disk.codes.add(deployment.code.hash);
    tell(first, opened, records.slice(0, 1));
    network.run(10_000);
    expect(nodes.map((node) => [version(node), node.running(OTHER) !== undefined])).toEqual(nodes.map(() => [2, true]));
    first.receive(peer(9), read(first.trust as Trust, message(opened, [], records)), () => undefined);
    const ended = () => nodes.every((node) => node.running(OTHER) === undefined && node.view(OTHER) === undefined);
    expect(network.runUntil(ended, 20_000)).toBe(true);
    for (const node of nodes) expect([...node.disk.checkpoints.keys()]).not.toContain(OTHER);
    expect(network.runUntil(() => nodes.every((node) => node.running(MODULE) !== undefined), 20_000)).toBe(true);
  });

  test('comes to each node in one message with its records', () => {
    const { network, nodes, first } = veteran(6);
    const { opened, records } = epoch(1, wants(MODULE, 1));
    tell(first, opened, records);
    for (let spent = 0; spent < 3_000; spent += 1) {
      network.run(1);
      expect(nodes.filter((node) => version(node) === 2 && node.gossip?.records().length !== records.length)).toEqual([]);
    }
    expect(nodes.map(version)).toEqual(nodes.map(() => 2));
  });

  test('may begin with nothing: then all ends', () => {
    const { network, nodes, first } = veteran(3);
    tell(first, epoch(0).opened);
    expect(network.runUntil(() => nodes.every(({ instances }) => instances.size === 0), 20_000)).toBe(true);
  });

  test('refuses an injection of before, whatever its number', () => {
    const { network, first } = veteran(2);
    tell(first, epoch(1, wants(MODULE, 1)).opened);
    network.run(1_000);
    first.inject(record(500));
    expect(first.injected.at(-1)).toBe('refused');
    expect(first.gossip?.records()).toEqual([]);
  });

  test('keeps code of before until it is known which goes on', () => {
    const { first } = veteran(2);
    const { opened } = epoch(2, wants(MODULE, 1));
    const before = first.gossip?.codesInUse() ?? [];
    tell(first, opened);
    expect(first.gossip?.codesInUse().toSorted()).toEqual(before.toSorted());
  });
});

describe('two roots of one version, both signed', () => {
  const [ada, bob] = [keys[0], keys[1]];
  const both = { keys: [ada.keyid, bob.keyid], threshold: 1 };
  const publics = (...all: PrivateKey[]) => Object.fromEntries(all.map((each) => [each.keyid, { public: each.public }]));
  const base = nextRoot(
    root,
    makeNextRoot(root, { created: 1, keys: publics(ada, bob), roles: { root: both, deploy: both, admit: both } }, [ada]),
  );
  const one = nextRoot(base, makeNextRoot(base, { created: 2 }, [ada]));
  const other = nextRoot(base, makeNextRoot(base, { created: 3 }, [bob]));

  function forked() {
    const { network, nodes } = cluster(4);
    network.run(3_000);
    for (const node of nodes) tell(node, base);
    network.run(5_000);
    const [first, rival] = nodes as [TestNode, TestNode];
    tell(first, one);
    tell(rival, other);
    network.run(20_000);
    return { network, nodes, first };
  }

  test('no node takes the other one, and all that hear of both say so', () => {
    const { network, nodes } = forked();
    expect(new Set(nodes.map((node) => node.trust?.root.hash))).toEqual(new Set([one.hash, other.hash]));
    const codes = nodes.map((node) => node.gossip?.view(network.now).alarms.map((alarm) => alarm.code));
    expect(codes).toEqual(nodes.map(() => ['GOSSIP_E_ROOT_TWICE']));
    for (const node of nodes) expect(node.notes.filter(({ event }) => event === 'alarm')).toHaveLength(1);
  });

  test('one that follows both ends it everywhere, and the alarm', () => {
    const { network, nodes, first } = forked();
    const change = { created: 4, epoch: 2, modules: 0 };
    const healed = nextRoot(one, makeNextRoot(one, change, [ada, bob]));
    expect(nextRoot(other, healed.envelope).hash).toBe(healed.hash);
    tell(first, healed);
    expect(network.runUntil(() => nodes.every((node) => node.trust?.root.hash === healed.hash), 20_000)).toBe(true);
    network.run(10_000);
    expect(nodes.map((node) => node.gossip?.view(network.now).alarms)).toEqual(nodes.map(() => []));
    expect(new Set(nodes.map((node) => node.gossip?.view(network.now).digest)).size).toBe(1);
  });

  test('a root that nobody signed is no other one', () => {
    const forged = { ...other.envelope, signatures: [] };
    expect(refusal(() => read(new Trust(one), message(other, [forged])))).toBe('GOSSIP_E_SIGNATURE');
  });
});
