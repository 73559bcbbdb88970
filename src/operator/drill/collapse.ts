/** How a drill brings the modules down: who knows of it, and on which nodes its code has died; by looks at the cluster. */
import { compareNumbers } from '../../model/deployment-number.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { ModuleStatus } from '../../api/status.ts';
import { reachable } from '../status/gather.ts';
import type { Sighting } from '../status/gather.ts';
import { quantilesOf, Spread } from '../status/spread.ts';
import type { Broken } from './drill-record.ts';

/**
 * Of one module. Times are in milliseconds, in the order of `QUANTILES`: until a node knew of the drill, since the first one accepted it and by the nodes' own records where they have
 * kept them; until its code had died there, since it was acknowledged and as this command saw it.
 */
export interface CollapseView {
  /** Nodes that ran the module before. */
  readonly nodes: number;
  readonly known: number;
  readonly down: number;
  /** Most nodes on which it lay dead in one look: it is started again and again, and lives a moment each time. */
  readonly deadAtOnce: number;
  readonly knownMs: readonly (number | null)[];
  readonly downMs: readonly (number | null)[];
}

export class Collapse {
  readonly #broken: Broken;
  readonly #nodes: ReadonlySet<NodeId>;
  readonly #since: number;
  readonly #knownAt = new Map<NodeId, number>();
  readonly #downAt = new Map<NodeId, number>();
  readonly #spread: Spread;
  #deadAtOnce = 0;

  /** `nodes`: those that ran it; `since`: when the drill was acknowledged, by the clock of the looks. */
  constructor(broken: Broken, nodes: ReadonlySet<NodeId>, since: number) {
    this.#broken = broken;
    this.#nodes = nodes;
    this.#since = since;
    this.#spread = new Spread(broken.drill, 0);
  }

  get module(): ModuleName {
    return this.#broken.module;
  }

  look(sightings: readonly Sighting[], now: number): void {
    this.#spread.look(sightings, now);
    let dead = 0;
    for (const { id, modules } of reachable(sightings)) {
      const module = modules.find(({ name }) => name === this.#broken.module);
      if (module === undefined || !this.#nodes.has(id) || this.#order(module) < 0) continue;
      note(this.#knownAt, id, now);
      if (this.#order(module) > 0) continue;
      if (module.state === 'failed') dead += 1;
      if (hasDied(module)) note(this.#downAt, id, now);
    }
    this.#deadAtOnce = Math.max(this.#deadAtOnce, dead);
  }

  /** Its code has died on every node that ran the module. */
  get isOver(): boolean {
    return this.#downAt.size === this.#nodes.size;
  }

  view(): CollapseView {
    const nodes = this.#nodes.size;
    const times = (at: ReadonlyMap<NodeId, number>) =>
      quantilesOf(
        [...at.values()].map((each) => Math.round(each - this.#since)),
        nodes,
      );
    return {
      nodes,
      known: this.#knownAt.size,
      down: this.#downAt.size,
      deadAtOnce: this.#deadAtOnce,
      knownMs: this.#spread.view().times.known ?? times(this.#knownAt),
      downMs: times(this.#downAt),
    };
  }

  /** Where the newest that the node knows stands to the drill. */
  #order({ newestNumber }: ModuleStatus): number {
    return compareNumbers(newestNumber, this.#broken.drill.deployment.number);
  }
}

/** Whoever was started again has died before. */
function hasDied({ state, restarts }: ModuleStatus): boolean {
  return state === 'failed' || restarts > 0;
}

function note(times: Map<NodeId, number>, id: NodeId, at: number): void {
  if (!times.has(id)) times.set(id, at);
}
