/** How one deployment spread: who has it how far, after what time, and from whom it came; by what the nodes have kept of it themselves. */
import { compareNumbers } from '../../model/deployment-number.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { NodeId } from '../../model/names.ts';
import type { ArrivalStatus } from '../../api/arrivals.ts';
import type { ModuleStatus, NodeStatus } from '../../api/status.ts';
import type { Sighting } from './gather.ts';
import { progressOf } from './progress.ts';

/** How far a node is; each of them holds the ones before. */
export const STAGES = ['known', 'fetched', 'running', 'healthy'] as const;
export type Stage = (typeof STAGES)[number];

/** Shares of the nodes of which the time is told. */
export const QUANTILES = [0.5, 0.9, 0.99, 1] as const;

/** How it came to one node. Times are in milliseconds since the first node accepted it. */
export interface ArrivalView {
  readonly node: NodeId;
  readonly name: string;
  readonly via: string;
  readonly from: NodeId | null;
  readonly knownMs: number;
  readonly fetchedMs: number | null;
  readonly codeFrom: NodeId | null;
  readonly runningMs: number | null;
}

export interface SpreadView {
  /** Nodes of which it is awaited: those that answered and may run it, and those that did not answer. */
  readonly nodes: number;
  readonly counts: Readonly<Record<Stage, number>>;
  /** `nodes`: by their own records, since the first of them accepted it. `seen`: since this command began to look, by what it saw. */
  readonly source: 'nodes' | 'seen';
  /** Nodes that have kept when it came. */
  readonly recorded: number;
  /** After how many milliseconds so many of the nodes had it; null where so many have not, or nobody knows. In the order of `QUANTILES`. */
  readonly times: Readonly<Partial<Record<Stage, readonly (number | null)[]>>>;
  readonly arrivals: readonly ArrivalView[];
}

interface Heard {
  name: string;
  readonly stages: ReadonlySet<Stage>;
  readonly arrival: (Pick<ArrivalStatus, 'via' | 'from'> & { readonly codeFrom: NodeId | null }) | null;
  /** By this command's clock: when it was, as the node says; the earliest that any look gave, for an answer takes time. */
  readonly at: { known: number; fetched: number | null; running: number | null } | null;
}

/** Fed with each look at the cluster. */
export class Spread {
  readonly #record: VerifiedDeployment;
  readonly #steadyMs: number;
  readonly #heard = new Map<NodeId, Heard>();
  readonly #seenAt = new Map<NodeId, number>();
  #beganAt: number | null = null;
  #silent: readonly NodeId[] = [];

  /** `steadyMs`: how long an instance must have run to be called healthy. */
  constructor(record: VerifiedDeployment, steadyMs: number) {
    this.#record = record;
    this.#steadyMs = steadyMs;
  }

  /** `now`: by the clock that told when they answered. */
  look(sightings: readonly Sighting[], now: number): void {
    this.#beganAt ??= now;
    const answered = sightings.flatMap(({ answer }) => ('status' in answer ? [answer.status] : []));
    this.#silent = sightings.flatMap(({ node, answer, belief = 'member' }) => ('error' in answer && belief === 'member' ? [node.id] : []));
    for (const { answer, answeredAt = now } of sightings) {
      if ('status' in answer) this.#hear(answer.status, answered.length - 1, answeredAt);
    }
    for (const [id, { stages }] of this.#heard) if (stages.has('healthy') && !this.#seenAt.has(id)) this.#seenAt.set(id, now);
  }

  view(): SpreadView {
    const heard = [...this.#heard.values()];
    // What it said before is what is known of one that is silent now.
    const nodes = heard.length + this.#silent.filter((id) => !this.#heard.has(id)).length;
    const recorded = heard.filter(({ at }) => at !== null).length;
    const has = (stage: Stage): number => heard.filter(({ stages }) => stages.has(stage)).length;
    const counts = { known: has('known'), fetched: has('fetched'), running: has('running'), healthy: has('healthy') };
    const arrivals = this.#arrivals();
    const source = recorded > 0 ? 'nodes' : 'seen';
    return { nodes, counts, source, recorded, times: source === 'nodes' ? timesOf(arrivals, nodes) : this.#seenTimes(nodes), arrivals };
  }

  #hear(node: NodeStatus, others: number, at: number): void {
    const { progress } = progressOf(this.#record, node, { steadyMs: this.#steadyMs, others });
    if (progress === 'elsewhere') {
      this.#heard.delete(node.id);
      return;
    }
    const { number } = this.#record.deployment;
    const arrival = node.arrivals?.find((each) => compareNumbers(each.number, number) === 0) ?? null;
    const module = node.modules.find(({ name }) => name === this.#record.deployment.module);
    const stages = stagesOf(this.#record, progress === 'done' || progress === 'superseded', module, arrival);
    const before = this.#heard.get(node.id);
    const told = arrival && { via: arrival.via, from: arrival.from, codeFrom: arrival.code?.from ?? null };
    const times = earliest(before?.at ?? null, arrival && timesAt(arrival, at));
    this.#heard.set(node.id, { name: node.name, stages, arrival: told ?? before?.arrival ?? null, at: times });
  }

  /** The first comes first. */
  #arrivals(): readonly ArrivalView[] {
    const all = [...this.#heard].flatMap(([node, { name, arrival, at }]) => (arrival && at ? [{ node, name, arrival, at }] : []));
    const start = Math.min(...all.map(({ at }) => at.known));
    const since = (at: number | null): number | null => (at === null ? null : Math.round(at - start));
    const views = all.map(({ node, name, arrival: { via, from, codeFrom }, at }) => ({
      node,
      name,
      via,
      from,
      codeFrom,
      knownMs: since(at.known) ?? 0,
      fetchedMs: since(at.fetched),
      runningMs: since(at.running),
    }));
    return views.sort((a, b) => a.knownMs - b.knownMs || (a.node < b.node ? -1 : 1));
  }

  #seenTimes(nodes: number): SpreadView['times'] {
    const began = this.#beganAt ?? 0;
    return {
      healthy: quantilesOf(
        [...this.#seenAt.values()].map((at) => Math.round(at - began)),
        nodes,
      ),
    };
  }
}

function stagesOf(
  { deployment: { code, number } }: VerifiedDeployment,
  isDone: boolean,
  module: ModuleStatus | undefined,
  arrival: ArrivalStatus | null,
): ReadonlySet<Stage> {
  if (isDone) return new Set(STAGES);
  const stages = new Set<Stage>();
  const runs =
    module?.state === 'running' &&
    code !== null &&
    module.code === code.hash &&
    module.number !== null &&
    compareNumbers(module.number, number) === 0;
  if (arrival !== null || runs || (module !== undefined && compareNumbers(module.newestNumber, number) >= 0)) stages.add('known');
  if (arrival?.code || arrival?.via === 'injection' || runs) stages.add('fetched');
  if (runs) stages.add('running');
  return stages;
}

function timesAt({ acceptedMs, code, runningMs }: ArrivalStatus, at: number): NonNullable<Heard['at']> {
  return { known: at - acceptedMs, fetched: code && at - code.fetchedMs, running: runningMs === null ? null : at - runningMs };
}

function earliest(a: Heard['at'], b: Heard['at']): Heard['at'] {
  if (a === null || b === null) return a ?? b;
  const least = (one: number | null, other: number | null): number | null =>
    one === null || other === null ? (one ?? other) : Math.min(one, other);
  return { known: Math.min(a.known, b.known), fetched: least(a.fetched, b.fetched), running: least(a.running, b.running) };
}

function timesOf(arrivals: readonly ArrivalView[], nodes: number): SpreadView['times'] {
  const times = (of: (arrival: ArrivalView) => number | null) =>
    quantilesOf(
      arrivals.flatMap((arrival) => of(arrival) ?? []),
      nodes,
    );
  const known = times(({ knownMs }) => knownMs);
  const running = times(({ runningMs }) => runningMs);
  // Nobody fetches code that is there already.
  const isFetched = arrivals.some(({ fetchedMs }) => fetchedMs !== null);
  // What lay there already, or was injected, was there as soon as it was known.
  return {
    known,
    ...(isFetched && {
      fetched: times(({ fetchedMs, runningMs, knownMs, via }) => fetchedMs ?? (via === 'injection' || runningMs !== null ? knownMs : null)),
    }),
    running,
  };
}

/** The time of the node with which so many have it; of all that it is awaited of, not of those that have it. */
export function quantilesOf(times: readonly number[], nodes: number): readonly (number | null)[] {
  const sorted = times.toSorted((a, b) => a - b);
  return QUANTILES.map((share) => sorted[Math.max(0, Math.ceil(share * nodes) - 1)] ?? null);
}
