/**
 * Metrics in a file for node_exporter's textfile collector: replaced as a whole every few seconds, and taken away when the node ends, so that nobody takes old
 * values for present ones. The collector reads it as another user, so everybody may.
 */
import { rm } from 'node:fs/promises';
import { failureOf } from '../../model/errors.ts';
import type { Logger } from '../log/log.ts';
import { onDisk } from '../store/files/file-system.ts';
import { writeFileDurably } from '../store/files/writer.ts';

/** Prometheus mostly looks every 15 s or more. */
const PERIOD_MS = 5_000;
const MODE = 0o644;

export interface MetricsFileOptions {
  readonly path: string;
  readonly text: () => Promise<Uint8Array>;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  readonly periodMs?: number;
}

export class MetricsFile {
  readonly #options: MetricsFileOptions;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Why it could not be written last; told when that changes. */
  #trouble: string | null = null;
  #closed = false;

  private constructor(options: MetricsFileOptions) {
    this.#options = options;
  }

  /** Rejects with a coded error where the first one cannot be written: the place is wrong then. What lay there before is replaced. */
  static async begin(options: MetricsFileOptions): Promise<MetricsFile> {
    const file = new MetricsFile(options);
    await file.#write();
    file.#later();
    return file;
  }

  /** The file is gone, or stays where it cannot be removed, which is told. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    const { path, log } = this.#options;
    await onDisk(rm(path, { force: true }), `remove ${path}`).catch((error: unknown) =>
      log.warn({ ...failureOf(error) }, 'old metrics stay'),
    );
  }

  /** The next one begins a period after the last has ended: a disk that hangs gathers none. */
  #later(): void {
    this.#timer = setTimeout(() => this.renew(), this.#options.periodMs ?? PERIOD_MS);
  }

  /** Writes it now, and again a period later. */
  renew(): void {
    clearTimeout(this.#timer);
    this.#writing = this.#writing.then(() => this.#again());
  }

  async #again(): Promise<void> {
    await this.#write().then(
      () => this.#tell(null),
      (error: unknown) => this.#tell(failureOf(error).message),
    );
    if (!this.#closed) this.#later();
  }

  async #write(): Promise<void> {
    const { path, text } = this.#options;
    await writeFileDurably(path, await text(), { mode: MODE, durable: false });
  }

  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const { path, log } = this.#options;
    if (trouble === null) log.info({ path }, 'metrics are written again');
    else log.warn({ path, error: trouble }, 'metrics cannot be written');
  }
}
