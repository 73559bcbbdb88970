/** Runs benches one after the other: each with its deadline, its labs taken down, and what else ran on the machine. */
import { loadavg } from 'node:os';
import { BROKEN_OFF } from './bench.ts';
import type { Bench, Setting } from './bench.ts';
import type { Figure, Outcome, Plot } from './figure.ts';
import { BenchLab } from './lab.ts';
import type { LabWish } from './lab.ts';
import type { Machine } from './machine.ts';
import { NotInTime } from './wait.ts';
import { MAX_REPEATS, undisturbed } from './undisturbed.ts';
import type { Watched } from './undisturbed.ts';

/** All that came of one bench; an element of the JSON. */
export interface Section extends Outcome {
  readonly bench: string;
  readonly summary: string;
  readonly quick: boolean;
  /** ISO 8601. */
  readonly date: string;
  readonly tookMs: number;
  readonly machine: Machine;
  /** Load average over 1, 5 and 15 minutes before it began. */
  readonly loadBefore: readonly number[];
  readonly watched: readonly Watched[];
  /** Why it came to no end; absent when it did. */
  readonly error?: string;
}

export interface Running {
  readonly quick: boolean;
  readonly machine: Machine;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export async function runBench(bench: Bench, { quick, machine, signal, say }: Running): Promise<Section> {
  const loadBefore = loadavg();
  const began = { date: new Date().toISOString(), at: performance.now() };
  const watched: Watched[] = [];
  const found: { figures: Figure[]; plots: Plot[]; remarks: string[] } = { figures: [], plots: [], remarks: [] };
  const deadlineMs = bench.deadlineMs[quick ? 'quick' : 'full'];
  const ends = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const told = (line: string): void => say(`${bench.name}: ${line}`);
  // On a machine that is never quiet the whole bench would else come to no end.
  const repeats = (): number => (quick || performance.now() - began.at > deadlineMs / 2 ? 0 : MAX_REPEATS);
  const setting: Setting = {
    quick,
    signal: ends,
    say: told,
    found: ({ figures = [], plots = [], remarks = [] }) => {
      found.figures.push(...figures);
      found.plots.push(...plots);
      found.remarks.push(...remarks);
    },
    undisturbed: (what, act) => undisturbed(what, act, { repeats: repeats(), say: told, heard: (one) => void watched.push(one) }),
    withLab: (wish, act) => withLab(wish, ends, { say: told, act, remark: (text) => void found.remarks.push(text) }),
  };
  const error = await bench.run(setting).then(
    () => undefined,
    (thrown: unknown) => whyOf(thrown, { given: signal, ends, deadlineMs }),
  );
  return {
    bench: bench.name,
    summary: bench.summary,
    quick,
    date: began.date,
    tookMs: Math.round(performance.now() - began.at),
    machine,
    loadBefore,
    watched,
    ...found,
    ...(error !== undefined && { error }),
  };
}

function whyOf(thrown: unknown, { given, ends, deadlineMs }: { given: AbortSignal; ends: AbortSignal; deadlineMs: number }): string {
  if (given.aborted) return BROKEN_OFF;
  if (ends.aborted) return `given up after ${deadlineMs / 60_000} minutes`;
  if (thrown instanceof NotInTime) return thrown.message;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

interface Acting<Result> {
  readonly say: (line: string) => void;
  readonly remark: (text: string) => void;
  readonly act: (lab: BenchLab) => Promise<Result>;
}

async function withLab<Result>(wish: LabWish, signal: AbortSignal, { say, remark, act }: Acting<Result>): Promise<Result> {
  const lab = await BenchLab.up(wish, signal, (directory) =>
    say(`starting ${wish.nodes} nodes, ${wish.rendezvous} of them rendezvous nodes, in ${directory}`),
  );
  try {
    say(`${wish.nodes} nodes are up after ${(lab.upMs / 1_000).toFixed(1)} s`);
    return await act(lab);
  } finally {
    const left = await lab.down();
    if (left > 0) remark(`${left} processes of the lab of ${wish.nodes} had to be ended by force.`);
  }
}
