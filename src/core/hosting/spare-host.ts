/**
 * A host process that waits for the next start, so that an update finds it there: to start one costs more than all the rest of an update.
 * No code of a module has run in it, and it is walled in like any other, with a directory of its own that is empty until it is needed.
 */
import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SPARE_QUIET_MS } from '../../runner/ports.ts';
import { isCrowded } from './cpu-pressure.ts';
import type { HostLimits } from './host-limits.ts';
import type { HostInspection } from './inspection.ts';
import { HostProcess } from './process/process.ts';
import { residentBytesOf } from './process/resident.ts';
import { WATCH_DEFAULTS } from './process/watch.ts';
import type { Isolation } from './sandbox/isolation.ts';
import { hostCommand } from './sandbox/launch.ts';

/** What a process is started for: another one does not do. */
export interface HostNeeds {
  readonly hostProgram: string;
  readonly isolation: Isolation;
  readonly limits: HostLimits;
  readonly command?: typeof hostCommand;
}

/** A process, and the directory that it may read. */
export interface Housing {
  readonly process: HostProcess;
  readonly directory: string;
}

export interface SpareHostOptions {
  /** Holds the directories; nothing else may lie in it. */
  readonly directory: string;
  /** How many times slower than usual the node goes, for it has too much to do (law 10). */
  readonly strain: () => number;
  /** Whether others on the machine wait for processors: a hundred nodes that share it would take them from each other. Default: as the system tells. */
  readonly crowded?: () => Promise<boolean>;
  /** Default `SPARE_QUIET_MS`. */
  readonly quietMs?: { readonly min: number; readonly max: number };
}

/** So often it is put off where the machine is crowded: one that always is must not do without for ever. */
const MOST_PUT_OFF = 5;

export class SpareHost {
  readonly #options: SpareHostOptions;
  #spare: (Housing & { readonly key: string }) | null = null;
  #needs: HostNeeds | null = null;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  #putOff = 0;
  #ended = false;

  constructor(options: SpareHostOptions) {
    this.#options = options;
  }

  /** Memory of the process that waits; null while there is none. */
  get residentBytes(): number | null {
    const pid = this.#spare?.process.pid;
    return pid === undefined ? null : (residentBytesOf(pid) ?? null);
  }

  /** The host that waits, with the code of `directory` in its own; null when there is none that would do. Another one is begun in a while. */
  async take(needs: HostNeeds, directory: string): Promise<Housing | null> {
    const spare = this.#spare;
    this.#needs = needs;
    this.#begin();
    if (spare === null || spare.key !== keyOf(needs) || !spare.process.waits) return null;
    this.#spare = null;
    try {
      await linkTree(directory, spare.directory);
      // It may have ended meanwhile: who adopts it then would never hear of that.
      return spare.process.waits ? spare : null;
    } catch {
      // Where files cannot be linked, a host is started that reads the directory itself.
      spare.process.kill(UNUSED);
      return null;
    }
  }

  /** Ends the host that waits. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#discard();
  }

  /** In a while, counted from the last start. */
  #begin(): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    const { min, max } = this.#options.quietMs ?? SPARE_QUIET_MS;
    this.#timer = setTimeout(() => void this.#prepare(), min + Math.random() * (max - min)).unref();
  }

  async #prepare(): Promise<void> {
    const needs = this.#needs;
    if (needs === null) return;
    if (this.#options.strain() > 1 || (await this.#mustWait())) return this.#begin();
    this.#putOff = 0;
    const key = keyOf(needs);
    if (this.#spare?.key === key && !this.#spare.process.ended) return;
    await this.#discard();
    const directory = join(this.#options.directory, String(++this.#count));
    try {
      if (this.#count === 1) await rm(this.#options.directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      if (this.#ended || this.#spare !== null) return;
      const process = startProcess(needs, directory);
      void process.gone.then(() => rm(directory, { recursive: true, force: true })).catch(() => undefined);
      this.#spare = { process, directory, key };
    } catch {
      // A full disk, or no process to be had: updates go on without, and after the next one it is tried again.
    }
  }

  async #mustWait(): Promise<boolean> {
    const crowded = this.#options.crowded ?? isCrowded;
    this.#putOff += 1;
    return this.#putOff <= MOST_PUT_OFF && (await crowded());
  }

  async #discard(): Promise<void> {
    const spare = this.#spare;
    this.#spare = null;
    spare?.process.kill(UNUSED);
    await spare?.process.gone;
  }
}

/** A debugger, and what it asks for, take memory that is not the module's. */
const INSPECTED_MB = 512;

export function startProcess(needs: HostNeeds, directory: string, inspection?: HostInspection): HostProcess {
  const { hostProgram, isolation, limits, command = hostCommand } = needs;
  const inspected = inspection === undefined ? {} : { inspected: true };
  const residentMb = limits.residentMb + (inspection === undefined ? 0 : INSPECTED_MB);
  return new HostProcess({
    command: command({ hostProgram, directory, isolation, heapMb: limits.heapMb, residentMb, ...inspected }),
    log: { linesPerSecond: limits.logLinesPerSecond, bytesPerSecond: limits.logBytesPerSecond },
    watch: {
      ...WATCH_DEFAULTS,
      hungAfterMs: limits.hungAfterMs,
      maxResidentBytes: residentMb * 1024 * 1024,
      ...(inspection && { isInspected: () => inspection.isOpen }),
    },
  });
}

const UNUSED = { code: 'GOSSIP_E_MODULE_ABSENT', message: 'the host is not needed' } as const;

function keyOf({ hostProgram, isolation, limits }: HostNeeds): string {
  return JSON.stringify([hostProgram, isolation, limits]);
}

/** Hard links: the same bytes, which the host cannot change. */
async function linkTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      await linkTree(source, target);
    } else await link(source, target);
  }
}
