/** What can be simulated at all: one set of limits for flags and scenario files. */
import { MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '../../gossip/timing.ts';
import { MAX_CODE_BYTES } from '../../model/manifest.ts';
import type { SpreadPlan } from '../../sim/play/plan.ts';
import { MAX_RENDEZVOUS } from '../../trust/root.ts';
import { formatDuration, MAX_DURATION_MS } from '../../model/duration.ts';
import { formatShare, formatSize } from '../units/quantity.ts';

/** The figures of a plan. */
export type Figures = Omit<SpreadPlan, 'limitMs' | 'steps' | 'modules'>;
/** As flags and files name them. */
type Figure = 'nodes' | 'rendezvous' | 'interval' | 'loss' | 'churn' | 'code' | 'bandwidth' | 'cores' | 'nodes-per-machine';

/** Says what is wrong with a figure, in the words of the place where it stands. */
type Refuse = (figure: Figure, why: string) => never;

/** Far beyond this a run takes hours and more memory than machines have. */
export const MAX_NODES = 20_000;
/** The largest machines that there are. */
const MAX_CORES = 1_024;
/** Beyond it runs take for ever, and no network is of use. */
export const MAX_LOSS = 0.9;
const MIN_BITS_PER_S = 1_000;

/** A run is given up after this by default: time for much to go wrong. */
const DEFAULT_LIMIT_MS = 600_000;
const DEFAULT_LIMIT_ROUNDS = 300;
/** Copies of the code that a link carries one after the other in the default limit. */
const DEFAULT_LIMIT_COPIES = 30;

export function checkFigures(plan: Figures, refuse: Refuse): void {
  whole('nodes', plan.nodes, MAX_NODES, refuse);
  whole('rendezvous', plan.rendezvous, MAX_RENDEZVOUS, refuse);
  whole('cores', plan.machines?.cores ?? 1, MAX_CORES, refuse);
  whole('nodes-per-machine', plan.machines?.nodesPerMachine ?? 1, MAX_NODES, refuse);
  if (plan.rendezvous > plan.nodes) refuse('rendezvous', `${plan.rendezvous} rendezvous nodes are more than all ${plan.nodes} nodes`);
  if (plan.intervalMs < MIN_INTERVAL_MS || plan.intervalMs > MAX_INTERVAL_MS) {
    refuse('interval', `a round is from ${formatDuration(MIN_INTERVAL_MS)} to ${formatDuration(MAX_INTERVAL_MS)} long`);
  }
  if (plan.loss > MAX_LOSS) refuse('loss', `at most ${formatShare(MAX_LOSS)} of exchanges can fail`);
  if (plan.codeBytes > MAX_CODE_BYTES) refuse('code', `code has at most ${formatSize(MAX_CODE_BYTES)}`);
  if (plan.bitsPerSecond !== null && plan.bitsPerSecond < MIN_BITS_PER_S) refuse('bandwidth', 'a link carries at least 1kbit in a second');
}

/** When to give a run up where nobody says it: long after its last step. */
export function limitOf({ intervalMs, codeBytes, bitsPerSecond, steps }: Omit<SpreadPlan, 'limitMs'>): number {
  const transferMs = bitsPerSecond === null ? 0 : (codeBytes * 8 * 1_000) / bitsPerSecond;
  const afterwards = Math.max(DEFAULT_LIMIT_MS, DEFAULT_LIMIT_ROUNDS * intervalMs, DEFAULT_LIMIT_COPIES * transferMs);
  return Math.min((steps.at(-1)?.atMs ?? 0) + afterwards, MAX_DURATION_MS);
}

function whole(figure: Figure, value: number, max: number, refuse: Refuse): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max) refuse(figure, `must be a whole number from 1 to ${max}`);
}
