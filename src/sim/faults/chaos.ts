/** Everything at once: rounds of faults and deployments drawn from the seed, until a cluster is left alone. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import { falseHints, forgedNumbers, mix, oldRecords } from '../byzantine/lies.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import { decide } from '../world/decide.ts';
import type { Cluster } from '../world/cluster.ts';
import { shippedCode } from '../world/codes.ts';
import type { Flaw, Shipped } from '../world/codes.ts';
import { breakInstances, leave, pause, replace, restart, some, splitInTwo } from './faults.ts';
import { cutPower, damage, refuseWrites } from './disks.ts';
import { slowDown, spoilStates, withholdStates } from './hosts.ts';
import { FAIR } from '../world/network.ts';
import type { SimNode } from '../node/node.ts';
import type { Order } from '../world/operator.ts';

const MODULES: readonly Shipped[] = ['membership', 'registry'];
const FLAWS: readonly Flaw[] = ['cannot-start', 'cannot-accept', 'crashes', 'hangs'];

/** Nodes that are stolen in one run at most. */
const MOST_REVOKED = 3;
/** And as many as this stay. */
const LEAST_LEFT = 4;

/** What may happen in a round, and how often. */
const LIKELY: readonly (readonly [probability: number, act: (chaos: Chaos) => void])[] = [
  [0.5, (chaos) => chaos.deploy()],
  [0.3, ({ cluster }) => restart(cluster, some(cluster, cluster.up, 0.15))],
  [0.2, ({ cluster }) => leave(cluster, some(cluster, cluster.up, 0.1))],
  [0.2, ({ cluster }) => pause(cluster, some(cluster, cluster.up, 0.05), cluster.random.between(0.5, 8) * cluster.intervalMs)],
  [0.2, ({ cluster }) => breakInstances(cluster, 0.2)],
  [0.1, (chaos) => chaos.spoilSome()],
  [0.1, ({ cluster }) => withholdStates(cluster, 0.2)],
  [0.1, ({ cluster }) => slowDown(cluster, 0.2)],
  [0.1, ({ cluster }) => cutPower(cluster, some(cluster, cluster.up, 0.1))],
  [0.1, ({ cluster }) => refuseWrites(cluster, some(cluster, cluster.up, 0.1))],
  [0.1, (chaos) => chaos.damageSome()],
  [0.15, (chaos) => chaos.rotate()],
  [0.2, ({ cluster }) => void splitInTwo(cluster)],
  [0.2, ({ cluster }) => cluster.heal()],
  [0.1, (chaos) => chaos.replaceSome()],
  [0.1, (chaos) => chaos.revokeSome()],
  [0.3, ({ cluster }) => chaosWeather(cluster)],
];

export class Chaos {
  readonly cluster: Cluster;
  /** Deployments that some node acknowledged: none of them may be lost, for their nodes are never replaced. */
  readonly acknowledged: VerifiedDeployment[] = [];
  readonly #origins = new Set<SimNode>();
  readonly #revoked: VerifiedNote[] = [];
  /** Deployments that an operator still insists on. */
  #insisting = 0;
  #versions = 1;
  /** Whether a state may have been spoiled, and a checkpoint with it. */
  #spoiled = false;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async rage(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      for (const [probability, act] of LIKELY) if (this.cluster.random.chance(probability)) act(this);
      await this.cluster.advance(this.cluster.intervalMs);
    }
  }

  /**
   * Everything heals, everybody is up and knows the same, the newest root and who is revoked too, and no operator insists any more: whatever is deployed now is the last. (A node
   * that has just come back would give it a number that others have seen already.)
   */
  async calm(): Promise<void> {
    const { cluster } = this;
    Object.assign(cluster.network.weather, FAIR);
    cluster.heal();
    cluster.startAll();
    const awake = (): boolean => cluster.nodes.every((node) => node.up && !node.frozen);
    const { hash } = cluster.operator.root;
    const knows = ({ root, notes }: SimNode): boolean => root?.hash === hash && this.#revoked.every((note) => notes?.has(note.hash));
    const alike = (): boolean => cluster.progress.equal && cluster.nodes.every(knows);
    const calm = (): boolean => awake() && this.#insisting === 0 && alike();
    await cluster.until('every node is up again, every deployment acknowledged, and all know the same', calm, 30 * cluster.intervalMs);
  }

  /** A sound version of every module, so that in the end there is something that can run; a checkpoint that nothing can load goes with a scrub. */
  orders(): Order[] {
    return MODULES.map((module) => ({ ...this.#order(module, null), ...(this.#spoiled && { scrub: true }) }));
  }

  deploy(): void {
    const { random, nodes } = this.cluster;
    const at = random.pick(nodes) as SimNode;
    const module = random.pick(MODULES) as Shipped;
    const order = random.chance(0.1)
      ? { module: module as string as ModuleName, code: null }
      : this.#order(module, random.chance(0.3) ? (random.pick(FLAWS) as Flaw) : null);
    this.#origins.add(at);
    this.#insisting += 1;
    this.cluster.deploy(order, at, (record) => {
      this.#insisting -= 1;
      this.acknowledged.push(record);
    });
  }

  /** A new version of the root, with other keys. Told at one and the same node, for two operators never change the root at once. */
  rotate(): void {
    const [at] = this.cluster.nodes as [SimNode];
    this.#origins.add(at);
    this.#insisting += 1;
    this.cluster.rotate(at, { done: () => (this.#insisting -= 1) });
  }

  replaceSome(): void {
    replace(this.cluster, some(this.cluster, this.#expendable, 0.1));
  }

  /** A machine is stolen, and goes on in a thief's hands; the operator revokes it. */
  revokeSome(): void {
    const [at] = this.cluster.nodes as [SimNode];
    const isRoom = this.#revoked.length < MOST_REVOKED && this.cluster.nodes.length > LEAST_LEFT;
    const stolen = isRoom ? this.cluster.random.pick(this.#expendable) : undefined;
    if (stolen === undefined || stolen === at) return;
    this.#origins.add(at);
    this.#insisting += 1;
    this.cluster.corrupt(stolen, mix(oldRecords, falseHints, forgedNumbers)).start();
    this.#revoked.push(decide(this.cluster, 'revoke', stolen.peer, at, () => (this.#insisting -= 1)));
  }

  spoilSome(): void {
    this.#spoiled = true;
    spoilStates(this.cluster, 0.2);
  }

  damageSome(): void {
    damage(this.cluster, some(this.cluster, this.#expendable, 0.1));
  }

  /** Nodes whose disks may be lost: no deployment entered at one of them, which perhaps nobody else has yet. */
  get #expendable(): SimNode[] {
    return this.cluster.otherNodes.filter((node) => !this.#origins.has(node));
  }

  #order(module: Shipped, flaw: Flaw | null): Order {
    this.#versions += 1;
    const code = shippedCode(module, String(this.#versions), flaw);
    return { module: module as string as ModuleName, code, scrub: this.cluster.random.chance(0.3) };
  }
}

function chaosWeather({ network, random }: Cluster): void {
  const max = random.between(5, 800);
  Object.assign(network.weather, { loss: random.between(0, 0.5), duplication: random.between(0, 0.2), delayMs: { min: 1, max } });
}
