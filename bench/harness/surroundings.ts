/** What else ran on the machine while something was measured: the processors' time, less that of this process and all it began. */
import { availableParallelism } from 'node:os';
import { allProcesses, busy, descendants, TICKS_PER_SECOND } from './processes.ts';
import type { Busy, ProcessStat } from './processes.ts';

/** Shares are of all processors of the machine, from 0 to 1. */
export interface Surroundings {
  readonly forMs: number;
  readonly own: number;
  readonly others: number;
  readonly stolen: number;
  /** Those of the others that took most. */
  readonly busiest: readonly { readonly name: string; readonly share: number }[];
}

/** A figure is disturbed where others took more than this share of the machine, and more than one tick or two of chance. */
const DISTURBED_SHARE = 0.05;
const DISTURBED_MS = 100;
const NAMED = 3;
const LEAST_NAMED_SHARE = 0.01;

/** Something by which others' processes can be told from ours. */
export interface Look {
  readonly atMs: number;
  readonly busy: Busy | null;
  readonly processes: readonly ProcessStat[];
}

export function look(): Look {
  return { atMs: performance.now(), busy: busy(), processes: allProcesses() };
}

/** Null where the system does not tell. `self`: whose processes are ours. */
export function between(before: Look, after: Look, self: number = process.pid, processors = availableParallelism()): Surroundings | null {
  if (before.busy === null || after.busy === null) return null;
  const forMs = after.atMs - before.atMs;
  const whole = (forMs / 1_000) * TICKS_PER_SECOND * processors;
  const share = (ticks: number): number => (whole === 0 ? 0 : Math.max(0, ticks) / whole);
  const byName = othersTicks(before, after, self);
  const busyTicks = after.busy.ticks - before.busy.ticks;
  // Where children ended meanwhile whose own children had ended, their time is counted twice; more than there was it cannot be.
  const others = Math.min(
    busyTicks,
    [...byName.values()].reduce((sum, ticks) => sum + ticks, 0),
  );
  return {
    forMs,
    own: share(busyTicks - Math.max(0, others)),
    others: share(others),
    stolen: share(after.busy.stolen - before.busy.stolen),
    busiest: [...byName]
      .map(([name, ticks]) => ({ name, share: share(ticks) }))
      .filter((each) => each.share >= LEAST_NAMED_SHARE)
      .toSorted((a, b) => b.share - a.share)
      .slice(0, NAMED),
  };
}

export function isDisturbed({ forMs, others, stolen }: Surroundings, processors = availableParallelism()): boolean {
  return others + stolen > DISTURBED_SHARE && (others + stolen) * processors * forMs > DISTURBED_MS;
}

/**
 * By name, of all processes that are not ours. The whole time of a child that has ended is counted with its parent: what was counted of it before is
 * taken off. Process 1 is left out: it inherits ours where they are killed.
 */
function othersTicks(before: Look, after: Look, self: number): Map<string, number> {
  const ours = new Set([1, self, ...descendants([self], before.processes), ...descendants([self], after.processes)]);
  const [then, now] = [before, after].map(({ processes }) => new Map(processes.map((each) => [each.pid, each]))) as [Pids, Pids];
  const byName = new Map<string, number>();
  const add = (pid: number, name: string, ticks: number): void => {
    if (!ours.has(pid)) byName.set(name, (byName.get(name) ?? 0) + ticks);
  };
  for (const { pid, name, ticks } of now.values()) add(pid, name, ticks - (then.get(pid)?.ticks ?? 0));
  for (const { pid, parent, ticks } of then.values()) {
    const heir = now.get(pid) === undefined && !ours.has(pid) ? now.get(parent) : undefined;
    if (heir !== undefined) add(heir.pid, heir.name, -ticks);
  }
  return byName;
}

type Pids = Map<number, ProcessStat>;
