/** Each law's checker catches a run that is broken on purpose, by a part that the test puts in; the same run is clean without it. */
import { describe, expect, test } from 'vitest';
import { CHECKS, GossipNode } from '../../src/gossip/node.ts';
import type { GossipEffect, GossipEvent, GossipNodeOptions } from '../../src/gossip/protocol.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ModuleName, PayloadHash, Peer } from '../../src/model/names.ts';
import type { Cluster, Parts } from '../../src/sim/cluster.ts';
import { shippedCode } from '../../src/sim/codes.ts';
import { Disk } from '../../src/sim/disk.ts';
import type { Write, Written } from '../../src/sim/disk.ts';
import type { Letter, Reply } from '../../src/sim/letters.ts';
import type { Protocol } from '../../src/sim/life.ts';
import { Network } from '../../src/sim/network.ts';
import type { Outcome } from '../../src/sim/network.ts';
import type { SimNode } from '../../src/sim/node.ts';
import { converge, deploy, settle } from '../../src/sim/scenario.ts';
import type { Scenario } from '../../src/sim/scenario.ts';
import { SCENARIOS } from '../../src/sim/scenarios.ts';
import { simulate } from '../../src/sim/simulate.ts';

const NODES = 8;

/** What a run came to: 'clean', or the law that it broke. */
async function outcome(scenario: Scenario, parts: Partial<Parts> = {}): Promise<string> {
  try {
    await simulate({ scenario, seed: 5, nodes: NODES, parts });
    return 'clean';
  } catch (error) {
    return /law \d/.exec(String(error))?.[0] ?? String(error);
  }
}

function named(name: string): Scenario {
  return SCENARIOS.find((scenario) => scenario.name === name) as Scenario;
}

function scenarioOf(play: (cluster: Cluster) => Promise<unknown>): Scenario {
  return { name: 'test', row: null, about: '', goal: () => 10, play: (cluster) => play(cluster).then(() => ({ known: 0, running: 0 })) };
}

/** A protocol around the real one, which changes what goes in and what comes out. */
function around(
  change: (node: Peer) => { event?: (event: GossipEvent) => GossipEvent; effects?: (effects: GossipEffect[]) => GossipEffect[] },
): Partial<Parts> {
  return {
    makeProtocol: (options) => {
      const real = new GossipNode(options);
      const { event: changeEvent = (same) => same, effects: changeEffects = (same) => same } = change(options.self);
      return {
        handle: (event, now) => changeEffects(real.handle(changeEvent(event), now)),
        peers: (count) => real.peers(count),
        records: () => real.records(),
        highestSequence: () => real.highestSequence(),
        codesInUse: () => real.codesInUse(),
      };
    },
  };
}

describe('law 1', () => {
  /** All nodes run d2 and never heard of d1, but one, which brings d1 back. */
  const revived = scenarioOf(async (cluster) => {
    const [d1, d2] = ['1', '2'].map((version) =>
      cluster.install({ module: 'registry' as ModuleName, code: shippedCode('registry', version) }),
    );
    cluster.introduce();
    const last = cluster.nodes.at(-1) as SimNode;
    for (const node of cluster.nodes) {
      node.disk.configuration.remove();
      node.disk.configuration.write([(node === last ? d1 : d2) as VerifiedDeployment]);
    }
    cluster.startAll();
    await cluster.advance(10_000);
  });

  test('holds when a revived node brings an old deployment', async () => {
    expect(await outcome(revived)).toBe('clean');
  });

  test('is found broken when a node merges in the reverse order', async () => {
    expect(await outcome(revived, { makeProtocol: reversed })).toBe('law 1');
  });

  test('is found broken when a disk forgets in a crash', async () => {
    class Forgetful extends Disk {
      override crash(): void {
        super.crash();
        this.content.configuration.remove();
      }
    }
    expect(await outcome(named('churn'))).toBe('clean');
    expect(await outcome(named('churn'), { makeDisk: (...args) => new Forgetful(...args) })).toBe('law 1');
  });
});

describe('law 2', () => {
  test('is found broken when a node starts what nobody signed', async () => {
    const forge = (effect: GossipEffect): GossipEffect =>
      effect.type === 'start-instance' ? { ...effect, record: { ...effect.record, hash: 'f'.repeat(64) as PayloadHash } } : effect;
    expect(
      await outcome(
        named('clean'),
        around(() => ({ effects: (effects) => effects.map(forge) })),
      ),
    ).toBe('law 2');
  });

  test('is found broken when a node starts other code than was signed', async () => {
    const { reference } = shippedCode('registry', 'unsigned');
    const forge = (effect: GossipEffect): GossipEffect => {
      if (effect.type !== 'start-instance') return effect;
      return { ...effect, record: { ...effect.record, deployment: { ...effect.record.deployment, code: reference } } };
    };
    class Stocked extends Disk {
      constructor(...args: ConstructorParameters<typeof Disk>) {
        super(...args);
        this.content.codes.add(reference.hash);
      }
    }
    const parts = { ...around(() => ({ effects: (effects) => effects.map(forge) })), makeDisk: makeWith(Stocked) };
    expect(await outcome(named('clean'), { makeDisk: makeWith(Stocked) })).toBe('clean');
    expect(await outcome(named('clean'), parts)).toBe('law 2');
  });
});

describe('law 3', () => {
  test('is found broken when every message is delivered', async () => {
    const makeProtocol = (options: GossipNodeOptions): Protocol => new GossipNode(options, { ...CHECKS, mediate: () => 'deliver' });
    expect(await outcome(named('sleeper'))).toBe('clean');
    expect(await outcome(named('sleeper'), { makeProtocol })).toBe('law 3');
  });

  test('is found broken when state of any epoch is loaded', async () => {
    const makeProtocol = (options: GossipNodeOptions): Protocol => new GossipNode(options, { ...CHECKS, sameEpoch: () => true });
    expect(await outcome(named('outage'))).toBe('clean');
    expect(await outcome(named('sleeper'), { makeProtocol })).toBe('law 3');
  });

  test('is found broken when the network delivers messages to another deployment', async () => {
    expect(await outcome(named('sleeper'), { makeNetwork: (...args) => new Mixing(...args) })).toBe('law 3');
  });
});

describe('law 5', () => {
  test('is found broken when a disk says done and has written nothing', async () => {
    class Lying extends Disk {
      protected override apply(): void {}
    }
    expect(await outcome(named('clean'), { makeDisk: makeWith(Lying) })).toBe('law 5');
  });

  test('is found broken when a node does not wait until its record is durable', async () => {
    class Hasty extends Disk {
      override write(what: Write, written: Written): void {
        super.write(what, () => {});
        written(null);
      }
    }
    expect(await outcome(named('clean'), { makeDisk: makeWith(Hasty) })).toBe('law 5');
  });

  test('is found broken when an older record disappears from a disk', async () => {
    class Sparing extends Disk {
      protected override apply(what: Write): void {
        super.apply(what.file === 'configuration' ? { ...what, records: what.records.slice(0, 1) } : what);
      }
    }
    expect(await outcome(named('held'), { makeDisk: makeWith(Sparing) })).toBe('law 5');
  });
});

describe('law 6', () => {
  test('is found broken when one node hears nothing', async () => {
    const deaf = around(({ name }) => ({
      event: (event) => (name === 'node3' && isIncoming(event) ? { type: 'timer', token: 0 } : event),
    }));
    expect(await outcome(named('clean'), deaf)).toBe('law 6');
  });

  test('is found broken when a partition never heals', async () => {
    const torn = scenarioOf(async (cluster) => {
      cluster.install({ module: 'registry' as ModuleName, code: shippedCode('registry', '1') });
      cluster.introduce();
      await settle(cluster);
      cluster.partition([cluster.nodes.slice(0, 3), cluster.nodes.slice(3)]);
      const order = { module: 'registry' as ModuleName, code: shippedCode('registry', '2') };
      await converge(cluster, 20, [await deploy(cluster, order, cluster.nodes[0] as SimNode)]);
    });
    expect(await outcome(torn)).toBe('law 6');
  });
});

test('a failing run says which law, which event and which seed, and the command that plays it again', async () => {
  const parts = around(({ name }) => ({ effects: (effects) => (name === 'node3' ? [] : effects) }));
  const failing = simulate({ scenario: named('birth'), seed: 5, nodes: NODES, parts });
  await expect(failing).rejects.toThrow(
    /^birth: law 6 \(everyone ends equal\) is broken: .* \(event \d+, [\d.]+ s, seed 5\)\. Play it again: npm run sim -- --scenario birth --seed 5 --nodes 8 --trace$/,
  );
});

/** The real protocol, to which every number is shown upside down. */
function reversed(options: GossipNodeOptions): Protocol {
  const turn = (record: VerifiedDeployment): VerifiedDeployment => {
    const { number } = record.deployment;
    return {
      ...record,
      deployment: { ...record.deployment, number: { ...number, sequence: 1_000 - number.sequence } },
    };
  };
  const turnAll = <T extends object>(message: T): T =>
    'records' in message ? { ...message, records: (message.records as VerifiedDeployment[]).map(turn) } : message;
  const real = new GossipNode({ ...options, records: options.records.map(turn) });
  return {
    handle: (event, now) => {
      if (event.type === 'request') return real.handle({ ...event, message: turnAll(event.message) }, now);
      if (event.type === 'answer') return real.handle({ ...event, message: turnAll(event.message) }, now);
      return real.handle(event, now);
    },
    peers: (count) => real.peers(count),
    records: () => real.records(),
    highestSequence: () => real.highestSequence(),
    codesInUse: () => real.codesInUse(),
  };
}

function isIncoming({ type }: GossipEvent): boolean {
  return type === 'request' || type === 'answer';
}

/** Puts the body of an earlier message under the stamp of a later one. */
class Mixing extends Network<Letter, Reply> {
  #first: { stamp: string; body: Uint8Array } | undefined;

  override request(from: Peer, to: Peer, letter: Letter, timeoutMs: number, done: (outcome: Outcome<Reply>) => void): void {
    const stamp = letter.kind === 'message' ? letter.wire.headers['gossip-deployment'] : undefined;
    if (letter.kind !== 'message' || stamp === undefined || !letter.wire.path.includes('registry')) {
      return super.request(from, to, letter, timeoutMs, done);
    }
    this.#first ??= { stamp, body: letter.wire.body };
    const { body } = this.#first.stamp === stamp ? letter.wire : this.#first;
    return super.request(from, to, { ...letter, wire: { ...letter.wire, body } }, timeoutMs, done);
  }
}

function makeWith(Kind: typeof Disk): Parts['makeDisk'] {
  return (random, after) => new Kind(random, after);
}
