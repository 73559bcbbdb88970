/** A simulated cluster for a trace: fair weather, right clocks, one module, and disks whose crashes the script decides. */
import { GossipNode } from '../../../src/gossip/node.ts';
import type { GossipNodeOptions } from '../../../src/gossip/protocol.ts';
import { deploymentName } from '../../../src/model/deployment.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { Cluster } from '../../../src/sim/world/cluster.ts';
import { makeCode } from '../../../src/sim/world/codes.ts';
import type { Code, Flaw } from '../../../src/sim/world/codes.ts';
import { Disk } from '../../../src/sim/node/disk.ts';
import type { SimNode } from '../../../src/sim/node/node.ts';
import { Random } from '../../../src/sdk/virtual/random.ts';
import { settle } from '../../../src/sim/scenarios/scenario.ts';
import { diary } from './diary.ts';
import type { Diary } from './diary.ts';

const MODULE = 'diary' as ModuleName;
const SEED = 1;
const WAY_MS = 10;
/** Until first checkpoints are taken and rumors have ended. */
const SETTLED_MS = 30_000;

/** The chance of disks: every write takes as long, and whether a crash keeps what is being written is said. */
class Fate extends Random {
  keepsWrites = true;

  override between(min: number, max: number): number {
    return (min + max) / 2;
  }

  override chance(): boolean {
    return this.keepsWrites;
  }
}

export class Stage {
  readonly cluster: Cluster;
  readonly fate = new Fate('disks');
  readonly #instances = new Map<string, Diary>();
  readonly #Module = diary((instance, at) => void this.#instances.set(at.address, instance));
  readonly #records = new Map<string, VerifiedDeployment>();

  constructor(names: readonly string[], show: (line: string) => void) {
    const parts = {
      makeDisk: (_: Random, after: ConstructorParameters<typeof Disk>[1]) => new Disk(this.fate, after),
      // Without keys of their own: no tip and no farewell comes between what a trace is about.
      makeProtocol: ({ words: _words, ...options }: GossipNodeOptions) => new GossipNode(options),
    };
    this.cluster = new Cluster({ seed: SEED, names, rendezvous: 1, maxSkewMs: 0, parts, show });
    this.cluster.network.weather.delayMs = { min: WAY_MS, max: WAY_MS };
  }

  node(name = ''): SimNode {
    const node = this.cluster.nodes.find(({ peer }) => peer.name === name);
    if (node === undefined) throw new Error(`no node '${name}'`);
    return node;
  }

  code(label: string, flaw: Flaw | null = null): Code {
    return makeCode(this.#Module, `diary ${label}`, label, flaw);
  }

  /** Every node has long run d1, knows all others, and is quiet. */
  async settle(): Promise<void> {
    this.#records.set('d1', this.cluster.install({ module: MODULE, code: this.code('v1') }));
    this.cluster.introduce();
    await settle(this.cluster);
    await this.cluster.advance(SETTLED_MS);
  }

  /** What an operator at this node signs under this number. By its name the first is meant. */
  sign(name: string, at: SimNode, { code, scrub }: { readonly code: Code | null; readonly scrub: boolean }): VerifiedDeployment {
    const number = { sequence: Number(name.slice(1)), time: Math.round(this.cluster.now), origin: at.peer.id };
    const record = this.cluster.operator.sign({ module: MODULE, code, scrub }, number);
    if (!this.#records.has(name)) this.#records.set(name, record);
    return record;
  }

  record(name: string): VerifiedDeployment {
    const record = this.#records.get(name);
    if (record === undefined) throw new Error(`nobody signed ${name}`);
    return record;
  }

  /** The module of one node tells another what it knows. */
  tell(from: SimNode, to: SimNode): void {
    this.cluster.scheduler.promising();
    // Who is not answered says so in the trace.
    void this.#instances
      .get(from.peer.address)
      ?.tell(to.peer)
      .catch(() => null);
  }

  /** How a node stands, and what its module knows. */
  standing(node: SimNode): string {
    const { name } = node.peer;
    if (!node.up) return `${name} is down`;
    const view = node.view().find((each) => each.name === MODULE);
    if (view === undefined) return `${name} knows nothing`;
    const runs = view.running === null ? 'nothing' : deploymentName(view.running.deployment);
    const why = view.why === null ? '' : ` (${view.why.message})`;
    const words = this.host(node)?.inspect();
    return `${name} ${view.state}${why}, runs ${runs}${typeof words === 'string' ? `, knows ${words}` : ''}`;
  }

  /** The instance that serves at a node. */
  host(node: SimNode): SimNode['hosts'][number]['host'] | undefined {
    const generation = node.running.get(MODULE)?.generation;
    return node.hosts.find((host) => host.module === MODULE && host.generation === generation)?.host;
  }
}
