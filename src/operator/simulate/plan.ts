/** The plan that an operator's flags describe: one deployment into a cluster. */
import { GossipError } from '../../model/errors.ts';
import type { SpreadPlan } from '../../sim/play/plan.ts';
import { checkFigures, limitOf } from './limits.ts';
import type { Figures } from './limits.ts';
import type { OwnCode } from './own-module.ts';

const DEFAULTS = {
  nodes: 100,
  /** Or all nodes, where they are fewer. */
  rendezvous: 3,
  intervalMs: 1_000,
  codeBytes: 1_000_000,
} as const;

/** The most nodes whose modules are the shipped membership where nobody chose. */
export const MOST_WITH_MEMBERSHIP = 300;
/** Default for at most as many nodes as are the default, and for more. */
export const SEEDS = { small: 10, large: 2 } as const;

/** What the flags say, by their names; undefined where they say nothing. */
export interface Wishes {
  readonly nodes?: number | undefined;
  readonly rendezvous?: number | undefined;
  readonly interval?: number | undefined;
  readonly loss?: number | undefined;
  readonly churn?: number | undefined;
  readonly code?: number | undefined;
  readonly bandwidth?: number | undefined;
  readonly cores?: number | undefined;
  readonly nodesPerMachine?: number | undefined;
  readonly limit?: number | undefined;
  readonly deadModules?: boolean | undefined;
  /** An author's module in place of membership. */
  readonly own?: OwnCode | undefined;
}

export function planOf(wishes: Wishes): SpreadPlan {
  const plan = {
    ...figuresOf({ code: wishes.own?.bytes, ...wishes }),
    modules: wishes.deadModules === true ? ('silent' as const) : (wishes.own?.module ?? modulesFor(wishes.nodes ?? DEFAULTS.nodes)),
    steps: [{ atMs: 0, do: 'deploy' as const, node: 'rendezvous1' }],
  };
  checkFigures(plan, (figure, why) => {
    throw new GossipError('GOSSIP_E_USAGE', `--${figure}: ${why}`);
  });
  return { ...plan, limitMs: wishes.limit ?? limitOf(plan) };
}

/** The shipped membership, as long as simulating its tables of everybody costs little; then what stands in for it. */
export function modulesFor(nodes: number): 'membership' | 'pulse' {
  return nodes <= MOST_WITH_MEMBERSHIP ? 'membership' : 'pulse';
}

/** As many runs as take well under a minute. */
export function seedsFor({ nodes }: SpreadPlan): number {
  return nodes <= DEFAULTS.nodes ? SEEDS.small : SEEDS.large;
}

/** With defaults for what nobody said. */
export function figuresOf({ nodes = DEFAULTS.nodes, ...wishes }: Omit<Wishes, 'limit' | 'deadModules' | 'own'>): Figures {
  return {
    nodes,
    rendezvous: wishes.rendezvous ?? Math.min(DEFAULTS.rendezvous, nodes),
    intervalMs: wishes.interval ?? DEFAULTS.intervalMs,
    loss: wishes.loss ?? 0,
    churnPerMinute: wishes.churn ?? 0,
    codeBytes: wishes.code ?? DEFAULTS.codeBytes,
    bitsPerSecond: wishes.bandwidth ?? null,
    machines: wishes.cores === undefined ? null : { cores: wishes.cores, nodesPerMachine: wishes.nodesPerMachine ?? nodes },
  };
}
