/** Does to a cluster what a plan says, at its times. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Cluster } from '../world/cluster.ts';
import Membership from '../../modules/membership/index.ts';
import { makeCode } from '../world/codes.ts';
import { restart } from '../faults/faults.ts';
import type { SimNode } from '../node/node.ts';
import type { Order } from '../world/operator.ts';
import type { ModuleClass } from '../../sdk/index.ts';
import type { Selection, SpreadPlan, Step } from './plan.ts';
import { Pulse } from './pulse.ts';
import { Silent } from './silent.ts';

const MODULES = { membership: Membership, pulse: Pulse, silent: Silent } as const;
const MINUTE_MS = 60_000;
/** Other nodes that each node knows at the beginning: enough that whom it asks is as good as anybody. */
const ACQUAINTANCES = 64;

export class StepPlayer {
  readonly #cluster: Cluster;
  readonly #plan: SpreadPlan;
  readonly #acknowledged: (record: VerifiedDeployment) => void;
  /** Steps and deployments that are still to come. */
  #open: number;
  #version = 1;

  readonly #Module: ModuleClass;

  /** `Own`: the class of the author's module, where the plan names one. */
  constructor(cluster: Cluster, plan: SpreadPlan, acknowledged: (record: VerifiedDeployment) => void, Own?: ModuleClass) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#Module = typeof plan.modules === 'string' ? MODULES[plan.modules] : requireClass(Own);
    this.#acknowledged = acknowledged;
    this.#open = plan.steps.length;
  }

  /** Whether all steps were done, and every node that is up runs the newest. */
  get done(): boolean {
    return this.#open === 0 && this.#cluster.progress.arrived;
  }

  /** Whether all nodes are up and run the first version. */
  get prepared(): boolean {
    return this.#cluster.up.length === this.#cluster.nodes.length && this.#cluster.progress.arrived;
  }

  /** All nodes acquainted, and about to start with the first version. */
  prepare(): void {
    this.#cluster.install(this.#order());
    this.#cluster.introduce(ACQUAINTANCES);
    this.#cluster.startAll();
  }

  begin(): void {
    const { loss, bitsPerSecond } = this.#plan;
    const bandwidth = bitsPerSecond === null ? null : { upBitsPerS: bitsPerSecond, downBitsPerS: bitsPerSecond };
    Object.assign(this.#cluster.network.weather, { loss, bandwidth });
    if (this.#plan.churnPerMinute > 0) this.#churn();
    for (const step of this.#plan.steps) this.#cluster.after(step.atMs, () => this.#do(step));
  }

  #do(step: Step): void {
    const cluster = this.#cluster;
    switch (step.do) {
      case 'deploy':
        return this.#deploy(step.node);
      case 'crash':
        for (const node of this.#select(step.nodes, isUp)) node.crash();
        break;
      case 'start':
        for (const node of this.#select(step.nodes, isDown)) node.start();
        break;
      case 'restart':
        restart(cluster, this.#select(step.nodes, isUp), { inOrder: 0 });
        break;
      case 'partition': {
        const apart = new Set(this.#select(step.nodes));
        cluster.partition([[...apart], cluster.nodes.filter((node) => !apart.has(node))]);
        break;
      }
      case 'heal':
        cluster.heal();
        break;
      case 'loss':
        cluster.network.weather.loss = step.share;
    }
    this.#open -= 1;
  }

  #deploy(name: string): void {
    const at = this.#cluster.nodes.find(({ peer }) => peer.name === name) as SimNode;
    this.#version += 1;
    this.#cluster.deploy(this.#order(), at, (record) => {
      this.#open -= 1;
      this.#acknowledged(record);
    });
  }

  #order(): Order {
    const { modules, codeBytes } = this.#plan;
    const version = String(this.#version);
    const { name, settings } = typeof modules === 'string' ? { name: modules as string as ModuleName, settings: {} } : modules;
    return { module: name, code: makeCode(this.#Module, `${name} ${version}`, version, null, codeBytes), settings };
  }

  #select(selection: Selection, suits: (node: SimNode) => boolean = () => true): SimNode[] {
    const { nodes, otherNodes, random } = this.#cluster;
    if ('names' in selection) return nodes.filter((node) => selection.names.includes(node.peer.name) && suits(node));
    const count = 'count' in selection ? selection.count : Math.round(selection.share * otherNodes.length);
    return random.sample(otherNodes.filter(suits), count);
  }

  /** In every round each node restarts with the same small probability, until the end of the run. */
  #churn(): void {
    const { intervalMs, churnPerMinute } = this.#plan;
    const cluster = this.#cluster;
    const perRound = 1 - (1 - churnPerMinute) ** (intervalMs / MINUTE_MS);
    const round = (): void => {
      restart(
        cluster,
        cluster.up.filter(() => cluster.random.chance(perRound)),
      );
      cluster.after(intervalMs, round);
    };
    cluster.after(intervalMs, round);
  }
}

function requireClass(Own: ModuleClass | undefined): ModuleClass {
  if (Own === undefined) throw new TypeError("the class of the plan's own module is needed to play it");
  return Own;
}

function isUp({ up }: SimNode): boolean {
  return up;
}

function isDown({ up }: SimNode): boolean {
  return !up;
}
