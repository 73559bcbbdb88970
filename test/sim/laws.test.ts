/** Each law's checker catches a run that is broken on purpose, by a part that the test puts in; the same run is clean without it. */
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/gossip/checks.ts';
import { GossipNode } from '../../src/gossip/node.ts';
import type { InstanceHealth } from '../../src/gossip/instance-health.ts';
import type { GossipEffect, GossipEvent, GossipNodeOptions, ModuleView, NodeView, Token } from '../../src/gossip/protocol.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ModuleName, PayloadHash, Peer } from '../../src/model/names.ts';
import type { Cluster } from '../../src/sim/world/cluster.ts';
import type { Parts } from '../../src/sim/world/parts.ts';
import { makeCode, shippedCode } from '../../src/sim/world/codes.ts';
import { Disk } from '../../src/sim/node/disk.ts';
import type { Write, Written } from '../../src/sim/node/disk.ts';
import type { Letter, Reply } from '../../src/sim/world/letters.ts';
import type { Protocol } from '../../src/sim/node/node-run.ts';
import { Network } from '../../src/sim/world/network.ts';
import type { Outcome } from '../../src/sim/world/network.ts';
import type { SimNode } from '../../src/sim/node/node.ts';
import { converge, deploy, missedByNobody, settle } from '../../src/sim/scenarios/scenario.ts';
import type { Scenario } from '../../src/sim/scenarios/scenario.ts';
import { SCENARIOS } from '../../src/sim/scenarios/scenarios.ts';
import { simulate } from '../../src/sim/play/simulate.ts';
import { GossipModule } from '../../src/sdk/index.ts';
import type { Json } from '../../src/sdk/index.ts';
import type { StateBytes } from '../../src/model/state-bytes.ts';

const NODES = 8;
const UNHEARD = { code: 'GOSSIP_E_TIMEOUT', message: 'nobody listens' } as const;
const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;

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

interface Change {
  readonly event?: (event: GossipEvent) => GossipEvent;
  readonly effects?: (effects: GossipEffect[], event: GossipEvent) => GossipEffect[];
  readonly view?: (view: ModuleView) => ModuleView;
}

/** A protocol around the real one, which changes what goes in and what comes out. */
function around(change: (node: Peer) => Change): Partial<Parts> {
  return {
    makeProtocol: (options) => {
      const real = new GossipNode(options);
      const {
        event: changeEvent = (same) => same,
        effects: changeEffects = (same) => same,
        view: changeView = (same) => same,
      } = change(options.self);
      return {
        handle: (event, now) => changeEffects(real.handle(changeEvent(event), now), event),
        peers: () => real.peers(),
        get strain() {
          return real.strain;
        },
        records: () => real.records(),
        steps: () => real.steps(),
        view: (now) => real.view(now),
        notes: real.notes,
        highestSequence: () => real.highestSequence(),
        codesInUse: () => real.codesInUse(),
        moduleViews: (now) => real.moduleViews(now).map(changeView),
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
      node.disk.configuration.write({ records: [(node === last ? d1 : d2) as VerifiedDeployment], steps: [], notes: [] });
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

describe('law 2 of revoked nodes', () => {
  test('is found broken when one is heard', async () => {
    const makeProtocol = (options: GossipNodeOptions): Protocol => new GossipNode(options, { ...CHECKS, hearsRevoked: true });
    expect(await outcome(named('stolen'))).toBe('clean');
    expect(await outcome(named('stolen'), { makeProtocol })).toBe('law 2');
  });
});

describe('law 3', () => {
  test('is found broken when every message is delivered', async () => {
    const makeProtocol = (options: GossipNodeOptions): Protocol => new GossipNode(options, { ...CHECKS, mediate: () => 'deliver' });
    expect(await outcome(named('sleeper'))).toBe('clean');
    expect(await outcome(named('sleeper'), { makeProtocol })).toBe('law 3');
  });

  test('is found broken when state of any epoch is loaded', async () => {
    const makeProtocol = (options: GossipNodeOptions): Protocol => new GossipNode(options, { ...CHECKS, sameStateEpoch: () => true });
    expect(await outcome(named('outage'))).toBe('clean');
    expect(await outcome(named('sleeper'), { makeProtocol })).toBe('law 3');
  });

  test('is found broken when the network delivers messages to another deployment', async () => {
    expect(await outcome(named('sleeper'), { makeNetwork: (...args) => new Mixing(...args) })).toBe('law 3');
  });
});

describe('law 4', () => {
  test('is found broken when a core ends with one of its instances', async () => {
    const fragile = around(() => ({
      effects: (effects, event) => {
        if (event.type === 'instance-failed') throw new Error('ended with its module');
        return effects;
      },
    }));
    expect(await outcome(named('outage'))).toBe('clean');
    expect(await outcome(named('outage'), fragile)).toBe('law 4');
  });

  test('is found broken when backup gossip ends with an instance', async () => {
    const mute = around(() => {
      let failed = false;
      return {
        effects: (effects, event) => {
          failed ||= event.type === 'instance-failed';
          return failed ? effects.filter((effect) => effect.type !== 'send' || effect.message.kind !== 'configuration') : effects;
        },
      };
    });
    const broken = scenarioOf(async (cluster) => {
      cluster.install({ module: 'registry' as ModuleName, code: shippedCode('registry', '1') });
      cluster.introduce();
      await settle(cluster);
      for (const { host } of (cluster.nodes[0] as SimNode).hosts) host.crash();
      await cluster.advance(20_000);
    });
    expect(await outcome(broken)).toBe('clean');
    expect(await outcome(broken, mute)).toBe('law 4');
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

describe('law 7', () => {
  const fingerprint = async (scenario: Scenario, maxSkewMs: number): Promise<string> =>
    (await simulate({ scenario, seed: 5, nodes: NODES, maxSkewMs })).fingerprint;

  test.each(SCENARIOS)('holds in $name: the same run, event by event, whatever the clocks of the nodes show', async (scenario) => {
    expect(await fingerprint(scenario, TEN_YEARS_MS)).toBe(await fingerprint(scenario, 0));
  });

  test('is found broken when a module asks its clock whether to speak', async () => {
    class Superstitious extends GossipModule {
      override start(): void {
        this.context.every(1_000, () => this.context.now() % 2_000 < 1_000 && this.round());
      }
      async round(): Promise<void> {
        for (const peer of this.context.peers(1)) await this.context.exchange(peer, 'hello').catch(() => null);
      }
      receive(): Json {
        return null;
      }
      transferState(): string {
        return '';
      }
      acceptState(): void {}
    }
    const code = makeCode(Superstitious, 'superstitious', '1');
    const scenario = scenarioOf(async (cluster) => {
      cluster.install({ module: 'registry' as ModuleName, code });
      cluster.introduce();
      await settle(cluster);
      await cluster.advance(5_000);
    });
    expect(await fingerprint(scenario, TEN_YEARS_MS)).not.toBe(await fingerprint(scenario, 0));
  });
});

describe('law 8', () => {
  test('is found broken when instances stop because a rendezvous node is gone', async () => {
    const dependent = around(() => {
      const calls = new Set<number>();
      const active = new Map<ModuleName, number>();
      return {
        effects: (effects, event) => {
          for (const effect of effects) {
            if (effect.type === 'send' && effect.to.name.startsWith('rendezvous')) calls.add(effect.token);
            if (effect.type === 'activate') active.set(effect.module, effect.generation);
          }
          if (event.type !== 'no-answer' || !calls.has(event.token)) return effects;
          return [
            ...effects,
            ...[...active].map(([module, generation]) => ({
              type: 'stop-instance' as const,
              module,
              generation,
              reason: 'update' as const,
            })),
          ];
        },
      };
    });
    expect(await outcome(named('orphaned'))).toBe('clean');
    expect(await outcome(named('orphaned'), dependent)).toBe('law 8');
  });

  test('a cluster that takes news from rendezvous nodes alone does not end equal without them (law 6)', async () => {
    const rendezvous = new Set<string>();
    const obedient = around(({ id, name }) => {
      if (name.startsWith('rendezvous')) rendezvous.add(id);
      const deafTo = new Set<Token>();
      return {
        event: (event) => {
          if (event.type === 'answer' && deafTo.has(event.token)) return { type: 'no-answer', token: event.token, failure: UNHEARD };
          const fromOthers = event.type === 'request' && event.message.kind === 'configuration' && !rendezvous.has(event.from.id);
          return fromOthers ? { type: 'timer', token: 0 } : event;
        },
        effects: (effects) => {
          for (const effect of effects) if (effect.type === 'send' && !rendezvous.has(effect.to.id)) deafTo.add(effect.token);
          return effects;
        },
      };
    });
    expect(await outcome(named('orphaned'), obedient)).toBe('law 6');
  });
});

describe('law 9', () => {
  test('is found broken when a node goes on taking another to have left that is there', async () => {
    const met = scenarioOf(async (cluster) => {
      cluster.introduce();
      await settle(cluster);
      await missedByNobody(cluster);
    });
    const stubborn: Partial<Parts> = {
      makeProtocol: (options) => {
        const real = new GossipNode(options);
        const all = (now: number): NodeView => ({
          ...real.view(now),
          hints: real.view(now).hints.map((hint) => ({ ...hint, left: 'for good' })),
        });
        return new Proxy(real, { get: (node, name) => (name === 'view' ? all : bound(node, name)) });
      },
    };
    expect(await outcome(met)).toBe('clean');
    expect(await outcome(met, stubborn)).toBe('law 9');
  });

  const changed = (view: (module: ModuleView) => ModuleView): Partial<Parts> => around(() => ({ view }));

  test('is found broken when a node says that what it was told to run runs', async () => {
    const boastful = changed((module) => ({ ...module, state: 'running', running: module.newest, why: null }));
    expect(await outcome(named('held'))).toBe('clean');
    expect(await outcome(named('held'), boastful)).toBe('law 9');
  });

  test('is found broken when a node calls what it has not become running', async () => {
    const vague = changed((module) => (module.state === 'held' ? { ...module, state: 'running' } : module));
    expect(await outcome(named('held'), vague)).toBe('law 9');
  });

  test('is found broken when a node does not say why it has not moved', async () => {
    expect(
      await outcome(
        named('held'),
        changed((module) => ({ ...module, why: null })),
      ),
    ).toBe('law 9');
  });

  const healthy = (change: (health: InstanceHealth) => Partial<InstanceHealth>) => (module: ModuleView) =>
    module.health === null ? module : { ...module, health: { ...module.health, ...change(module.health) } };

  test('is found broken when a node does not say that an instance gives no state', async () => {
    const silent = changed(healthy(({ checkpoint }) => ({ checkpoint: { ...checkpoint, error: null } })));
    expect(await outcome(named('withheld'))).toBe('clean');
    expect(await outcome(named('withheld'), silent)).toBe('law 9');
  });

  test('is found broken when a node does not say that a state is old', async () => {
    const crashed = scenarioOf(async (cluster) => {
      cluster.install({ module: 'registry' as ModuleName, code: shippedCode('registry', '1') });
      cluster.introduce();
      await settle(cluster);
      await cluster.advance(20_000);
      for (const { host } of (cluster.nodes[0] as SimNode).hosts) host.crash();
      await cluster.advance(10_000);
    });
    expect(await outcome(crashed)).toBe('clean');
    expect(await outcome(crashed, changed(healthy(() => ({ restoredFromMs: null }))))).toBe('law 9');
  });

  test('is found broken when an older state takes the place of one that a running instance does not give', async () => {
    const why = { code: 'GOSSIP_E_MODULE_STATE', message: 'told, and lost all the same' } as const;
    const lossy = around(() => {
      const last = new Map<ModuleName, StateBytes>();
      return {
        event: (event) => {
          if (event.type !== 'state-taken') return event;
          if ('state' in event.taken) last.set(event.module, event.taken.state);
          const state = last.get(event.module);
          return state === undefined || 'state' in event.taken ? event : { ...event, taken: { state } };
        },
        view: healthy(({ checkpoint }) => ({ checkpoint: { ...checkpoint, error: why } })),
      };
    });
    expect(await outcome(named('withheld'), lossy)).toBe('law 9');
  });
});

test('an activation of what serves already is found', async () => {
  const eager = around(() => ({
    effects: (effects) => effects.flatMap((effect): GossipEffect[] => (effect.type === 'activate' ? [effect, effect] : [effect])),
  }));
  expect(await outcome(named('clean'), eager)).toContain('law of one activation is broken');
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
    peers: () => real.peers(),
    get strain() {
      return real.strain;
    },
    records: () => real.records(),
    steps: () => real.steps(),
    view: (now) => real.view(now),
    notes: real.notes,
    highestSequence: () => real.highestSequence(),
    codesInUse: () => real.codesInUse(),
    moduleViews: () => [],
  };
}

function bound(node: GossipNode, name: string | symbol): unknown {
  const value: unknown = Reflect.get(node, name, node);
  return typeof value === 'function' ? value.bind(node) : value;
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
