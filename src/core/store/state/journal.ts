/** What the node did, one JSON object a line, append-only; a full file is kept once as `journal.1.jsonl`. */
import { join } from 'node:path';
import type { GossipError } from '../../../model/errors.ts';
import { safeJson } from '../../../model/safe-text.ts';
import type { JsonObject } from '../../../sdk/json.ts';
import { openToAppend } from '../files/append.ts';
import { fileError, nodeFileSystem } from '../files/file-system.ts';
import type { FileHandle, FileSystem } from '../files/file-system.ts';
import { writeAll } from '../files/writer.ts';

export interface JournalOptions {
  /** Length at which the file is rotated (default 8 MiB): the journal takes at most twice that. */
  readonly maxBytes?: number;
  /** Entries waiting for the disk (default 10,000); more are counted as lost. */
  readonly maxPending?: number;
  /** Told when entries are lost: why, and how many since the journal was opened. */
  readonly onLoss?: (why: GossipError, lostEntries: number) => void;
  readonly fileSystem?: FileSystem;
}

/** Entries are written together in pieces of at most this, so that a burst costs few writes. */
const BATCH_BYTES = 256 * 1024;

export class Journal {
  readonly #path: string;
  readonly #olderPath: string;
  readonly #options: Required<JournalOptions>;
  readonly #pending: Buffer[] = [];
  #writing: Promise<void> | null = null;
  #file: { readonly handle: FileHandle; bytes: number } | null = null;
  #closed = false;
  #lost = 0;

  constructor(directory: string, options: JournalOptions = {}) {
    this.#path = join(directory, 'journal.jsonl');
    this.#olderPath = join(directory, 'journal.1.jsonl');
    this.#options = { maxBytes: 8 * 1024 * 1024, maxPending: 10_000, onLoss: () => undefined, fileSystem: nodeFileSystem, ...options };
  }

  /** Writes `{time, ...entry}` soon. Never throws and never waits: a journal must not hold up what it tells of. */
  append(entry: JsonObject): void {
    try {
      if (this.#closed) throw new Error('the journal is closed');
      if (this.#pending.length >= this.#options.maxPending) throw new Error('too many entries wait for the disk');
      this.#pending.push(Buffer.from(`${safeJson({ time: new Date().toISOString(), ...entry })}\n`));
    } catch (thrown) {
      this.#lose(1, thrown);
      return;
    }
    this.#writing ??= this.#write();
  }

  /** Resolves when all entries so far are written or lost. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** Writes what waits, and makes it durable. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    try {
      await this.#file?.handle.sync();
      await this.#release();
    } catch (thrown) {
      this.#lose(0, thrown);
    }
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const lines = this.#takeBatch();
      try {
        await this.#writeLines(Buffer.concat(lines));
      } catch (thrown) {
        this.#lose(lines.length, thrown);
        await this.#release().catch(() => undefined);
      }
    }
    this.#writing = null;
  }

  #takeBatch(): Buffer[] {
    let bytes = 0;
    const end = this.#pending.findIndex((line) => (bytes += line.length) > BATCH_BYTES);
    return this.#pending.splice(0, end === -1 ? this.#pending.length : Math.max(1, end));
  }

  async #writeLines(lines: Buffer): Promise<void> {
    this.#file ??= await openToAppend(this.#path, this.#options.fileSystem);
    if (this.#file.bytes > 0 && this.#file.bytes + lines.length > this.#options.maxBytes) {
      await this.#release();
      await this.#options.fileSystem.rename(this.#path, this.#olderPath);
      this.#file = await openToAppend(this.#path, this.#options.fileSystem);
    }
    await writeAll(this.#file.handle, lines);
    this.#file.bytes += lines.length;
  }

  async #release(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close();
  }

  #lose(entries: number, thrown: unknown): void {
    this.#lost += entries;
    this.#options.onLoss(fileError(thrown, `write ${this.#path}`), this.#lost);
  }
}
