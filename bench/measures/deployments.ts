/** Deploys one update after another, and tells how each spread. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Setting } from '../harness/bench.ts';
import type { Baseline, Figure, Goal } from '../harness/figure.ts';
import { reachedAt } from '../harness/journals.ts';
import type { Spread } from '../harness/journals.ts';
import { each } from '../harness/lab.ts';
import type { BenchLab } from '../harness/lab.ts';
import { inTime } from '../harness/wait.ts';

export interface Deployments {
  readonly spreads: readonly Spread[];
  /** Those that had not come to all nodes in their time. */
  readonly late: readonly string[];
}

export interface Deploying {
  /** How they are called in what is printed. */
  readonly what: string;
  readonly count: number;
  readonly deadlineMs: number;
  /** Writes the code of the next one; gives its directory. */
  readonly next: () => Promise<string>;
  /** Puts the cluster into the state that each of them meets. */
  readonly before?: () => Promise<void>;
}

/** After one that did not come to its end the cluster is another one: the rest is not tried. */
export async function deployments(
  setting: Setting,
  lab: BenchLab,
  { what, count, deadlineMs, next, before }: Deploying,
): Promise<Deployments> {
  const spreads: Spread[] = [];
  for (let index = 1; index <= count; index += 1) {
    const ended = await inTime(() =>
      setting.undisturbed(`${what} ${index}`, async () => {
        await before?.();
        return lab.spread(await lab.deploy(await next()), deadlineMs);
      }),
    );
    if ('late' in ended) return { spreads, late: [ended.late] };
    const { spread, late } = ended.result;
    if (late !== undefined) return { spreads, late: [late] };
    spreads.push(spread);
    setting.say(
      `${what} ${index} of ${count}: known by all after ${reachedAt(spread, 'knownMs', 1)} ms, running after ${reachedAt(spread, 'runningMs', 1)} ms`,
    );
  }
  return { spreads, late: [] };
}

export function reachedFigure(
  name: string,
  { spreads, late }: Deployments,
  {
    what,
    share,
    baseline,
    goal,
    headline,
  }: { what: 'knownMs' | 'runningMs'; share: number; baseline?: Baseline | undefined; goal?: Goal | undefined; headline?: true },
): Figure {
  return {
    name,
    unit: 'ms',
    values: spreads.flatMap((spread) => reachedAt(spread, what, share) ?? []),
    failed: late,
    ...(baseline && { baseline }),
    ...(goal && { goal }),
    ...(headline && { headline }),
  };
}

/** The one in the middle, by when all ran it: the one that is drawn. */
export function typical(spreads: readonly Spread[]): Spread | undefined {
  const ended = (spread: Spread): number => reachedAt(spread, 'runningMs', 1) ?? Infinity;
  return spreads.toSorted((a, b) => ended(a) - ended(b))[Math.floor((spreads.length - 1) / 2)];
}

/** How long it takes to start so many processes that do nothing, as many at a time as keep the processors busy. */
export async function bareStartsMs(count: number): Promise<number> {
  const beganAt = performance.now();
  await each(Array.from({ length: count }), 2 * availableParallelism(), async () => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    await once(child, 'close');
  });
  return performance.now() - beganAt;
}

export async function samples(count: number, take: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < count; index += 1) values.push(await take());
  return values;
}
