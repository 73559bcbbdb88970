/** What nodes did and when, by the journals on their disks: all of one machine, so their times can be compared. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { until } from '../support/gossip.ts';
import { WAIT_MS } from './fault.ts';

export interface Entry {
  readonly atMs: number;
  readonly event: string;
  readonly module?: string;
  readonly deployment?: string | null;
  readonly state?: string;
  readonly code?: string;
  readonly why?: string;
  readonly via?: string;
  /** Of an accepted record: tells those of one name apart. */
  readonly hash?: string;
}

/** All whole lines; the last may still be on its way to the disk. */
export async function journalOf(directory: string): Promise<Entry[]> {
  const text = await readFile(join(directory, 'journal.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const { time, ...entry } = JSON.parse(line) as { time: string } & Omit<Entry, 'atMs'>;
      return { atMs: Date.parse(time), ...entry };
    });
}

/** How a deployment spread, in milliseconds from its acceptance by the first node. */
export interface Spread {
  /** Until every node had the record. */
  readonly knownMs: number;
  /** Until every node ran it. */
  readonly runningMs: number;
}

/** Waits until all of these nodes have run the deployment. */
export async function spreadOf(directories: readonly string[], module: string, deployment: string, deadlineMs = WAIT_MS): Promise<Spread> {
  const probe = async (): Promise<Spread | undefined> => {
    const journals = await Promise.all(directories.map(journalOf));
    const known = journals.map((entries) => firstAt(entries, { event: 'deployment-accepted', module, deployment }));
    const running = journals.map((entries) => firstAt(entries, { event: 'module-state', module, deployment, state: 'running' }));
    if (running.includes(Infinity)) return undefined;
    const began = Math.min(...known);
    return { knownMs: Math.max(...known) - began, runningMs: Math.max(...running) - began };
  };
  return until(`all nodes run ${deployment}`, probe, { deadlineMs });
}

function firstAt(entries: readonly Entry[], like: Partial<Entry>): number {
  const fits = (entry: Entry): boolean => Object.entries(like).every(([field, value]) => entry[field as keyof Entry] === value);
  return entries.find(fits)?.atMs ?? Infinity;
}

/** Where a node went back to a lower deployment than it had run before (law 1); none is right. */
export function descents(entries: readonly Entry[], module = 'notebook'): string[] {
  const ran = entries.filter((entry) => entry.event === 'module-state' && entry.module === module && entry.state === 'running');
  const sequences = ran.map(({ deployment }) => Number(/^d(\d+)/.exec(deployment ?? '')?.[1]));
  return sequences.flatMap((sequence, index) => {
    const before = sequences[index - 1] ?? 0;
    return sequence < before ? [`d${sequence} after d${before}`] : [];
  });
}

/** Deployments that a node activated, and records that it accepted, more often than there are: none is right while nothing crashes. */
export function repeats(entries: readonly Entry[], history: readonly Pick<HistoryEntry, 'number'>[], module = 'notebook'): string[] {
  const ofModule = entries.filter((entry) => entry.module === module);
  const ran = ofModule.filter(({ event, state }) => event === 'module-state' && state === 'running');
  const accepted = ofModule.filter(({ event }) => event === 'deployment-accepted');
  // Two deployments may have one sequence, and so one name in the journal.
  const named = Map.groupBy(history, ({ number }) => `d${number.sequence}`);
  const ranOften = [...Map.groupBy(ran, ({ deployment }) => deployment ?? '')]
    .filter(([name, times]) => times.length > (named.get(name)?.length ?? 0))
    .map(([name, times]) => `${name} activated ${times.length} times`);
  const acceptedOften = [...Map.groupBy(accepted, ({ hash }) => hash)]
    .filter(([, times]) => times.length > 1)
    .map(([hash, times]) => `${hash} accepted ${times.length} times`);
  return [...ranOften, ...acceptedOften];
}
