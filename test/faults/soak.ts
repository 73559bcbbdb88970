/** Fault 27: a cluster under one random fault after the other, for as long as is wished, while its memory and descriptors are looked up. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../src/sdk/virtual/random.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { pickFault, SOAK_FAULTS } from './soak-faults.ts';
import type { Ground } from './soak-faults.ts';
import { Samples } from './soak-samples.ts';

export interface SoakOptions {
  readonly forMs: number;
  /** From the beginning of one fault to that of the next; longer where healing takes longer. */
  readonly everyMs: number;
  readonly sampleMs: number;
  readonly random: Random;
  /** Ends the soak early. */
  readonly signal?: AbortSignal;
  /** Told what is known, which goes on to change. */
  readonly onBegin?: (known: Soak) => void;
  /** Told of each fault. */
  readonly say?: (line: string) => void;
}

/** What is known of a soak, at any time. */
export interface Soak {
  readonly beganAtMs: number;
  readonly samples: Samples;
  /** How often each fault was injected and healed. */
  readonly healed: Map<string, number>;
  /** Started again on purpose; nobody else was. */
  readonly restarts: Map<string, number>;
  readonly mortal: readonly string[];
}

const NODES = 10;
const INTERVAL_MS = 500;

/** Resolves with what is known when the time is over or the soak is ended early; rejects when a fault was not survived. */
export function soak(options: SoakOptions): Promise<Soak> {
  return withCluster({ nodes: NODES, rendezvous: 2, intervalMs: INTERVAL_MS }, async (cluster) => {
    const mortal = cluster.names.filter((_, index) => index % 2 === 0);
    const known: Soak = {
      beganAtMs: Date.now(),
      samples: new Samples(),
      healed: new Map(SOAK_FAULTS.map(({ name }) => [name, 0])),
      restarts: new Map(),
      mortal,
    };
    options.onBegin?.(known);
    const ended = new AbortController();
    const early = options.signal ?? ended.signal;
    const sampling = takeSamples(cluster, known, options.sampleMs, AbortSignal.any([ended.signal, early]));
    try {
      // Ended early, the fault under way is left behind, and ends with the lab.
      await Promise.race([suffer(cluster, known, options, early), aborted(early)]);
      if (!early.aborted) await lookLast(cluster, known);
    } finally {
      ended.abort();
      await sampling;
    }
    return known;
  });
}

async function suffer(cluster: FaultCluster, known: Soak, { forMs, everyMs, random, say }: SoakOptions, early: AbortSignal): Promise<void> {
  const { mortal, restarts } = known;
  const ground: Ground = { cluster, random, mortal, restarts, good: [await cluster.update()] };
  // From now on: under load the first deployment alone may take as long as a short soak.
  const endMs = Date.now() + forMs;
  for (let nextMs = Date.now(); nextMs < endMs; nextMs = Math.max(Date.now(), nextMs + everyMs)) {
    await pause(Math.max(0, nextMs - Date.now()), undefined, { signal: early }).catch(() => undefined);
    if (early.aborted) return;
    const { name, inject } = pickFault(random);
    say?.(`${new Date().toISOString()}  ${name}`);
    await inject(ground);
    await cluster.allRun(ground.good.at(-1) as string);
    known.healed.set(name, (known.healed.get(name) ?? 0) + 1);
  }
}

async function takeSamples(cluster: FaultCluster, { samples }: Soak, everyMs: number, early: AbortSignal): Promise<void> {
  while (!early.aborted) {
    await samples.take(cluster);
    await pause(everyMs, undefined, { signal: early }).catch(() => undefined);
  }
}

/** No core has ended but those that were ended. */
async function lookLast(cluster: FaultCluster, { restarts }: Soak): Promise<void> {
  const { nodes } = await cluster.lab.converged();
  const odd = nodes.filter(({ name, incarnation }) => incarnation !== 1 + (restarts.get(name) ?? 0));
  if (odd.length > 0) throw new Error(`started again, and not by the soak: ${odd.map(({ name }) => name).join(', ')}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
