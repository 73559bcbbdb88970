/** What a soak does to a cluster, each time by chance. After each, all nodes shall run the newest deployment again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../src/sdk/virtual/random.ts';
import { cutOff, emptied, filesBelow, flipped, lost, zeroed } from '../support/damage.ts';
import { crashLooping } from './broken-modules.ts';
import type { FaultCluster } from './cluster.ts';
import { moduleOf } from './watcher.ts';

/** A cluster in a soak, and what is known of it. */
export interface Ground {
  readonly cluster: FaultCluster;
  readonly random: Random;
  /** Nodes whose cores are ended and started again. The others live from the beginning to the end, for their memory is judged. */
  readonly mortal: readonly string[];
  /** How often each was started again. */
  readonly restarts: Map<string, number>;
  /** Deployments that work, in their order; the last is to run everywhere. */
  readonly good: string[];
}

export interface SoakFault {
  readonly name: string;
  readonly weight: number;
  readonly inject: (ground: Ground) => Promise<void>;
}

const MOST_FROZEN_MS = 10_000;
const DAMAGES = [cutOff, emptied, zeroed, flipped, lost];
/** Files whose loss a node makes up for: from their other copy, from its peers, or by beginning anew. */
const DAMAGED = [/^configuration\.[01]$/, /^notebook\.[01]$/, /^[0-9a-f]{64}$/];

export const SOAK_FAULTS: readonly SoakFault[] = [
  { name: 'core killed', weight: 3, inject: (ground) => restart(ground, async () => undefined) },
  { name: 'files damaged while down', weight: 2, inject: (ground) => restart(ground, (name) => damage(ground, name)) },
  { name: 'core frozen', weight: 3, inject: freeze },
  { name: 'host killed', weight: 2, inject: killHost },
  { name: 'deployment', weight: 4, inject: (ground) => deploy(ground) },
  { name: 'rollback', weight: 2, inject: rollBack },
  { name: 'scrub', weight: 1, inject: (ground) => deploy(ground, '--scrub') },
  { name: 'broken deployment and its repair', weight: 2, inject: breakAndRepair },
];

/** One of them, the weightier the likelier. */
export function pickFault(random: Random): SoakFault {
  const draws = SOAK_FAULTS.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  return draws[random.below(draws.length)] as SoakFault;
}

function anyOf<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

async function restart({ cluster: { lab }, random, mortal, restarts }: Ground, whileDown: (name: string) => Promise<void>): Promise<void> {
  const name = anyOf(random, mortal);
  await lab.kill(name);
  await whileDown(name);
  restarts.set(name, (restarts.get(name) ?? 0) + 1);
  await lab.start(name);
}

async function damage({ cluster: { lab }, random }: Ground, name: string): Promise<void> {
  const files = await filesBelow(lab.node(name).directory, anyOf(random, DAMAGED));
  await Promise.all(random.sample(files, 1 + random.below(2)).map(anyOf(random, DAMAGES)));
}

async function freeze({ cluster, random }: Ground): Promise<void> {
  const name = anyOf(random, cluster.names);
  await cluster.lab.signal(name, 'SIGSTOP');
  try {
    await pause(random.between(0, MOST_FROZEN_MS));
  } finally {
    await cluster.lab.signal(name, 'SIGCONT');
  }
}

async function killHost({ cluster, random }: Ground): Promise<void> {
  const name = anyOf(random, cluster.names);
  const { pid } = moduleOf(await cluster.watcher.status(name), 'notebook') ?? {};
  if (typeof pid !== 'number') throw new Error(`${name} has no host to kill`);
  process.kill(pid, 'SIGKILL');
}

async function deploy({ cluster, random, good }: Ground, ...flags: readonly string[]): Promise<void> {
  good.push(await cluster.deploy(cluster.nextNotebook(), anyOf(random, cluster.names), ...flags));
}

/** To one of the last few: older code is not kept for ever. */
async function rollBack({ cluster, random, good }: Ground): Promise<void> {
  const target = anyOf(random, good.slice(-3));
  const to = anyOf(random, cluster.names);
  good.push((await cluster.lab.ask<{ deployment: string }>('rollback', target, '--to', to)).deployment);
}

async function breakAndRepair(ground: Ground): Promise<void> {
  const { cluster, random, good } = ground;
  const broken = await cluster.deploy(crashLooping(`2.0.${good.length}`), anyOf(random, cluster.names));
  await Promise.all(
    cluster.names.map((name) =>
      cluster.watcher.until(name, `${broken} crashes`, (status) => {
        const row = moduleOf(status, 'notebook');
        return row?.newest === broken && row.state === 'failed';
      }),
    ),
  );
  await deploy(ground);
}
