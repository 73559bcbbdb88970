/** Plays a plan from one seed, and records when each node knew and ran each deployment. */
import { SPARE_QUIET_MS } from '../../runner/ports.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { PayloadHash } from '../../model/names.ts';
import type { ModuleClass } from '../../sdk/index.ts';
import { Cluster } from '../world/cluster.ts';
import type { Happening } from '../laws/happening.ts';
import { LoadMeter } from './load.ts';
import type { Load } from './load.ts';
import { ownEnd } from './own-end.ts';
import type { OwnEnd } from './own-end.ts';
import type { SpreadPlan } from './plan.ts';
import { StepPlayer } from './step-player.ts';

export interface SpreadOptions {
  /** The class of the author's module, where the plan names one. */
  readonly Own?: ModuleClass | undefined;
  /** Called with every line of the trace. */
  readonly show?: (line: string) => void;
  /** Called now and then; the run goes on when it resolves, and ends with what is known when it says so. */
  readonly pause?: (soFar: SoFar) => Promise<'go-on' | 'stop'>;
}

/** How far a run has come. */
export interface SoFar {
  /** Simulated time since the first step. */
  readonly simulatedMs: number;
  /** Nodes that run the newest deployment. */
  readonly running: number;
}

export interface SpreadRun {
  readonly seed: number;
  readonly deployments: readonly Spread[];
  /** From the first step to the end. */
  readonly load: Load;
  /** Whether every node that was up ran the newest deployment in the end. */
  readonly complete: boolean;
  readonly downAtEnd: number;
  /** Simulated time from the first step to the end. */
  readonly simulatedMs: number;
  readonly events: number;
  /** Equal for equal runs. */
  readonly fingerprint: string;
  /** What became of the author's module; null where the plan names none. */
  readonly own: OwnEnd | null;
}

/** How one deployment spread, in milliseconds since a node acknowledged it: an entry for each node that came so far, ascending. */
export interface Spread {
  /** When it was acknowledged, since the first step. */
  readonly atMs: number;
  readonly knownMs: readonly number[];
  readonly runningMs: readonly number[];
}

/** How often a run looks whether it is done, in parts of a round. */
const LOOKS_PER_ROUND = 10;
/** Rounds in which modules find each other, and cores find that modules gossip, before the first step. */
const WARM_UP_ROUNDS = 3;
/** Where processors are simulated: until each node has a host that waits. */
const SPARE_WARM_UP_MS = SPARE_QUIET_MS.max + 5_000;

export async function spread(plan: SpreadPlan, seed: number, { Own, show, pause }: SpreadOptions = {}): Promise<SpreadRun> {
  const observer = new Observer();
  const cluster = new Cluster({ seed, ...plan, observe: (happening) => observer.observe(happening, cluster.now), ...(show && { show }) });
  const player = new StepPlayer(cluster, plan, (record) => observer.acknowledged(record, cluster.now), Own);
  let began = Number.POSITIVE_INFINITY;
  let stopped = false;
  /** Goes on in small steps until the end or until `holds`. */
  const go = async (holds: () => boolean, end: number): Promise<void> => {
    while (!stopped && !holds() && cluster.now < end) {
      await cluster.advance(plan.intervalMs / LOOKS_PER_ROUND);
      const soFar = { simulatedMs: Math.max(0, cluster.now - began), running: observer.running };
      stopped = (await pause?.(soFar)) === 'stop';
    }
  };
  player.prepare();
  await go(() => player.prepared, plan.limitMs);
  await go(() => false, cluster.now + Math.max(WARM_UP_ROUNDS * plan.intervalMs, plan.machines === null ? 0 : SPARE_WARM_UP_MS));
  began = cluster.now;
  const meter = new LoadMeter(cluster);
  player.begin();
  await go(() => player.done, began + plan.limitMs);
  if (player.done && typeof plan.modules !== 'string') await go(() => false, cluster.now + plan.modules.rounds * plan.intervalMs);
  return {
    seed,
    deployments: observer.spreads(began),
    load: meter.read(),
    complete: player.done,
    downAtEnd: cluster.nodes.length - cluster.up.length,
    simulatedMs: cluster.now - began,
    events: cluster.trace.events,
    fingerprint: cluster.trace.fingerprint,
    own: ownEnd(plan, cluster, observer.failures),
  };
}

/** When nodes first knew and first ran what was deployed. */
class Observer {
  readonly #deployed = new Map<PayloadHash, number>();
  readonly #known = new Map<PayloadHash, Map<string, number>>();
  readonly #running = new Map<PayloadHash, Map<string, number>>();
  #newest: PayloadHash | undefined;
  /** Instances that ended by themselves. */
  failures = 0;

  /** How many nodes came to run the newest deployment. */
  get running(): number {
    return this.#newest === undefined ? 0 : (this.#running.get(this.#newest)?.size ?? 0);
  }

  acknowledged({ hash }: VerifiedDeployment, now: number): void {
    this.#deployed.set(hash, now);
    this.#newest = hash;
  }

  observe(happening: Happening, now: number): void {
    const { id } = happening.node.peer;
    if (happening.type === 'persisted') for (const { hash } of happening.node.disk.records) note(this.#known, hash, id, now);
    if (happening.type === 'instance-ended' && happening.why === 'failed') this.failures += 1;
    if (happening.type !== 'instance-active') return;
    const { hash } = happening.instance.record;
    // A node that crashed while it wrote knows it from its disk, and never said so.
    for (const firsts of [this.#known, this.#running]) note(firsts, hash, id, now);
  }

  spreads(began: number): Spread[] {
    return [...this.#deployed].map(([hash, at]) => ({
      atMs: at - began,
      knownMs: since(at, this.#known.get(hash)),
      runningMs: since(at, this.#running.get(hash)),
    }));
  }
}

function note(firsts: Map<PayloadHash, Map<string, number>>, hash: PayloadHash, node: string, now: number): void {
  const nodes = firsts.get(hash) ?? new Map<string, number>();
  firsts.set(hash, nodes);
  if (!nodes.has(node)) nodes.set(node, now);
}

/** The node that acknowledges has a deployment a moment before it says so. */
function since(at: number, firsts: ReadonlyMap<string, number> = new Map()): number[] {
  return [...firsts.values()].map((first) => Math.max(0, first - at)).toSorted((a, b) => a - b);
}
