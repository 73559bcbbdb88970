/** What the nodes of a lab did and when, from the journals on their disks: all of one machine, so their times can be compared. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface Entry {
  readonly atMs: number;
  readonly event: string;
  readonly module?: string;
  readonly deployment?: string;
  readonly state?: string;
  readonly via?: string;
  readonly from?: string;
}

/** Reads on where it stopped: a lab of a hundred nodes is looked at many times in a second, and must not notice it. */
export class Journal {
  readonly #path: string;
  readonly entries: Entry[] = [];
  #offset = 0;
  /** The last line may still be on its way to the disk. */
  #rest = '';

  constructor(directory: string) {
    this.#path = join(directory, 'journal.jsonl');
  }

  read(): readonly Entry[] {
    const text = this.#rest + this.#news();
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.entries.push(parse(line));
    return this.entries;
  }

  #news(): string {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      // The node has not begun to write yet.
      return '';
    }
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#offset));
      const count = readSync(file, bytes, 0, bytes.length, this.#offset);
      this.#offset += count;
      return bytes.toString('utf8', 0, count);
    } finally {
      closeSync(file);
    }
  }
}

function parse(line: string): Entry {
  const { time, ...entry } = JSON.parse(line) as { time: string } & Omit<Entry, 'atMs'>;
  return { atMs: Date.parse(time), ...entry };
}

/** How one deployment spread. */
export interface Spread {
  /** When the first node had accepted it. */
  readonly beganMs: number;
  readonly nodes: readonly Reached[];
}

/** Milliseconds since then; null: not yet. */
export interface Reached {
  readonly name: string;
  readonly knownMs: number | null;
  readonly runningMs: number | null;
  /** What brought it: the operator, the cores' own gossip, or the modules'. */
  readonly via: string | null;
}

/** Null while no node has accepted it. */
export function spreadOf(
  journals: readonly { readonly name: string; readonly entries: readonly Entry[] }[],
  module: string,
  deployment: string,
): Spread | null {
  const seen = journals.map(({ name, entries }) => {
    const own = entries.filter((entry) => entry.module === module && entry.deployment === deployment);
    return {
      name,
      known: own.find(({ event }) => event === 'deployment-accepted'),
      running: own.find(({ event, state }) => event === 'module-state' && state === 'running'),
    };
  });
  const beganMs = Math.min(...seen.map(({ known }) => known?.atMs ?? Infinity));
  if (beganMs === Infinity) return null;
  const since = (entry: Entry | undefined): number | null => (entry === undefined ? null : entry.atMs - beganMs);
  return {
    beganMs,
    nodes: seen.map(({ name, known, running }) => ({ name, knownMs: since(known), runningMs: since(running), via: known?.via ?? null })),
  };
}

/** When so many of the nodes had come so far; null where they have not. */
export function reachedAt({ nodes }: Spread, what: 'knownMs' | 'runningMs', share: number): number | null {
  const times = nodes.flatMap((node) => node[what] ?? []).toSorted((a, b) => a - b);
  return times[Math.ceil(share * nodes.length) - 1] ?? null;
}
