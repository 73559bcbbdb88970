/**
 * What the server of `gossip dashboard` tells its page: values by keys, and of these what changed. Both sides import this file, so it knows neither
 * Node nor a browser. Every text in it may be a node's own words: it is shown as text and as nothing else.
 */

/** `node ID`, `spread dN`, `arrival dN ID`, `event 17`; the others stand by themselves. */
export type Key = string;

/** What changed, in order; null where there is nothing any more. */
export interface Told {
  /** All there is: what the page had before does not count. */
  readonly whole: boolean;
  readonly entries: readonly (readonly [key: Key, value: unknown])[];
}

export type Tone = 'good' | 'warn' | 'bad' | 'dim';

/** Under `cluster`. */
export interface ClusterEntry {
  readonly name: string;
  readonly id: string;
  /** Members that are known of, and nodes that answered. */
  readonly known: number;
  readonly answered: number;
  /** Null where nothing was ever deployed, or where nobody can say it of all. */
  readonly converged: boolean | null;
  /** Only so many members were drawn at random and asked; null where all were. */
  readonly sample: number | null;
  /** Of each module what is newest. */
  readonly newest: readonly { readonly module: string; readonly deployment: string; readonly version: string | null }[];
  /** When it was looked at last, in milliseconds since 1970 by the operator's clock; null: not yet. */
  readonly lookedAt: number | null;
  /** Why the last look came to nothing: then the rest is of the one before. */
  readonly error: string | null;
  /** Of how many nodes events are read, and why not of the others; null while it is of all. */
  readonly events: string | null;
}

/** Under `problems`, the worst first. */
export interface ProblemEntry {
  readonly kind: string;
  readonly module: string | null;
  readonly text: string;
  readonly nodes: readonly string[];
}

/** What a node is, by the worst of it. The last five did not answer. */
export const NODE_STATES = [
  'failed',
  'held',
  'unwell',
  'trouble',
  'behind',
  'running',
  'idle',
  'silent',
  'calls',
  'gone',
  'left',
  'hearsay',
] as const;
export type NodeState = (typeof NODE_STATES)[number];

export interface ModuleEntry {
  readonly name: string;
  /** What runs, by its own report; null where nothing does. */
  readonly deployment: string | null;
  readonly version: string | null;
  readonly state: string;
  readonly why: string | null;
}

/** Under `node ID`. */
export interface NodeEntry {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly rendezvous: boolean;
  readonly state: NodeState;
  readonly why: string | null;
  readonly modules: readonly ModuleEntry[];
}

/** Under `history`, newest first. */
export interface HistoryLine {
  readonly deployment: string;
  readonly module: string;
  readonly version: string | null;
  readonly removes: boolean;
  readonly scrub: boolean;
  readonly rollbackOf: string | null;
  readonly author: string;
  readonly message: string;
  readonly issued: string;
  /** There is one before it to compare it with. */
  readonly hasBefore: boolean;
}

export const SPREAD_STAGES = ['known', 'fetched', 'running', 'healthy'] as const;
export type SpreadStage = (typeof SPREAD_STAGES)[number];

/** Under `spread dN`: a deployment that is followed. Times in milliseconds, of 50, 90, 99 and 100 % of the nodes. */
export interface SpreadEntry {
  readonly deployment: string;
  readonly module: string;
  /** Place among those that are followed, 0: the newest. */
  readonly place: number;
  readonly removes: boolean;
  readonly nodes: number;
  readonly counts: Readonly<Record<SpreadStage, number>>;
  readonly source: 'nodes' | 'seen';
  readonly recorded: number;
  readonly times: Readonly<Partial<Record<SpreadStage, readonly (number | null)[]>>>;
}

/** Under `arrival dN ID`. Times in milliseconds since the first node accepted it. */
export interface ArrivalEntry {
  readonly node: string;
  readonly name: string;
  readonly via: string;
  readonly from: string | null;
  readonly knownMs: number;
  readonly fetchedMs: number | null;
  readonly codeFrom: string | null;
  readonly runningMs: number | null;
}

/** Under `event N`. */
export interface EventEntry {
  /** ISO 8601, by the node's clock. */
  readonly time: string;
  readonly node: string;
  readonly id: string;
  readonly kind: string;
  readonly tone: Tone | null;
  readonly text: string;
}

/** What is answered when the page asks for one thing. */
export interface TextLine {
  readonly text: string;
  readonly tone?: Tone;
}
export interface DetailsAnswer {
  readonly name: string;
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly modules: readonly { readonly name: string; readonly facts: readonly (readonly [label: string, text: string])[] }[];
}
export interface LinesAnswer {
  readonly lines: readonly TextLine[];
}
export interface RefusedAnswer {
  readonly error: { readonly code: string; readonly message: string };
}
