/**
 * What a simulated round costs: a healthy cluster at several sizes, each in a process of its own.
 * `node bench/sim.ts [sizes, by comma] [rounds] [modules, by comma]` prints the time of a round with its spread, its events, and the peak of memory.
 * The first size is the baseline of the last column: what a node costs in a round, in multiples of it.
 */
import { execFileSync } from 'node:child_process';
import { Cluster } from '../src/sim/world/cluster.ts';
import type { Shipped } from '../src/sim/world/codes.ts';
import { order, veteran } from '../src/sim/scenarios/setting.ts';

interface Figures {
  readonly nodes: number;
  readonly roundsMs: readonly number[];
  readonly eventsPerRound: number;
  readonly peakMiB: number;
}

const WARM_UP_ROUNDS = 3;
const [sizes = '100,1000', rounds = '10', modules = 'membership,registry', alone] = process.argv.slice(2);

if (alone === undefined) {
  let baseline: number | undefined;
  for (const size of sizes.split(',')) {
    const args = ['--max-old-space-size=8192', import.meta.filename, size, rounds, modules, 'alone'];
    const figures = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Figures;
    baseline ??= costOf(figures);
    show(figures, costOf(figures) / baseline);
  }
} else process.stdout.write(JSON.stringify(await measure(Number(sizes), Number(rounds))));

async function measure(nodes: number, count: number): Promise<Figures> {
  const cluster = new Cluster({ seed: 1, nodes });
  await veteran(cluster, ...modules.split(',').map((module) => order(module as Shipped, '1')));
  await cluster.advance(WARM_UP_ROUNDS * cluster.intervalMs);
  const eventsBefore = cluster.trace.events;
  const roundsMs: number[] = [];
  for (let round = 0; round < count; round++) {
    const startedAt = performance.now();
    await cluster.advance(cluster.intervalMs);
    roundsMs.push(performance.now() - startedAt);
  }
  const eventsPerRound = Math.round((cluster.trace.events - eventsBefore) / count);
  return { nodes, roundsMs, eventsPerRound, peakMiB: Math.round(process.resourceUsage().maxRSS / 1_024) };
}

/** Median milliseconds of a round for each node. */
function costOf({ nodes, roundsMs }: Figures): number {
  return at(roundsMs, 0.5) / nodes;
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * share)] ?? 0;
}

function show({ nodes, roundsMs, eventsPerRound, peakMiB }: Figures, ratio: number): void {
  const ms = (share: number): string => at(roundsMs, share).toFixed(1);
  const time = `median ${ms(0.5)} ms   from ${ms(0)} to ${ms(1)} ms   (${roundsMs.length} rounds)`;
  process.stdout.write(
    `${`${nodes} nodes`.padEnd(14)} ${time}   ${eventsPerRound} events   peak ${peakMiB} MiB   x${ratio.toFixed(2)} a node\n`,
  );
}
