/** What an operator wants simulated: a cluster, its network, and what happens when. A run is a pure function of a plan and a seed. */

import type { ModuleName } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/index.ts';
import type { MachinePlan } from '../world/machines.ts';

export interface SpreadPlan {
  /** All nodes together. */
  readonly nodes: number;
  /** How many of them are rendezvous nodes. */
  readonly rendezvous: number;
  /** One gossip round. */
  readonly intervalMs: number;
  /** Share of exchanges that fail, from 0 to below 1. */
  readonly loss: number;
  /** Share of the nodes that restart in a minute. */
  readonly churnPerMinute: number;
  /** Size of the code of each deployment. */
  readonly codeBytes: number;
  /** What each node's link carries, each way; null: as much as there is. */
  readonly bitsPerSecond: number | null;
  /** Whose processors the nodes share; null: computing takes no time. */
  readonly machines: MachinePlan | null;
  /** What the nodes run: the shipped membership, a light stand-in of its rhythm, a module that gossips nothing, or an author's own. */
  readonly modules: 'membership' | 'pulse' | 'silent' | OwnModule;
  /** In the order of their times. */
  readonly steps: readonly Step[];
  /** A run that has not ended by itself is given up after this, from its first step. */
  readonly limitMs: number;
}

/** A module that does not come with the program. Whoever plays the plan loads its class. */
export interface OwnModule {
  readonly name: ModuleName;
  /** The file with its class. */
  readonly entry: string;
  readonly settings: JsonObject;
  /** Rounds for which a run goes on once all nodes run the newest. */
  readonly rounds: number;
}

/** Something that is done to the cluster at a time, counted from when all nodes run the module's first version. */
export type Step = { readonly atMs: number } &
  /** A new version of the module enters at this node. */
  (
    | { readonly do: 'deploy'; readonly node: string }
    /** What was not durable is gone; the nodes stay down. */
    | { readonly do: 'crash'; readonly nodes: Selection }
    /** Nodes that are down start again, with their disks. */
    | { readonly do: 'start'; readonly nodes: Selection }
    /** A crash, and a start some rounds later. */
    | { readonly do: 'restart'; readonly nodes: Selection }
    /** These nodes and all others do not reach each other. */
    | { readonly do: 'partition'; readonly nodes: Selection }
    | { readonly do: 'heal' }
    /** From now on this share of exchanges fails. */
    | { readonly do: 'loss'; readonly share: number }
  );

/** Nodes by name, or as many as this, drawn by chance from those that are no rendezvous nodes. */
export type Selection = { readonly names: readonly string[] } | { readonly count: number } | { readonly share: number };

/** The nodes of a plan by name, rendezvous nodes first. */
export function nodeNames({ nodes, rendezvous }: Pick<SpreadPlan, 'nodes' | 'rendezvous'>): string[] {
  return Array.from({ length: nodes }, (_, index) => (index < rendezvous ? `rendezvous${index + 1}` : `node${index - rendezvous + 1}`));
}
