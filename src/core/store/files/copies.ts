/** One state in two files, `<path>.0` and `<path>.1`: a write goes over the older one, so that damage loses at most the last write. */
import { dirname } from 'node:path';
import { GossipError } from '../../../model/errors.ts';
import { bytesOf } from '../../../model/state-bytes.ts';
import { fileError, lstatOrNull, nodeFileSystem, READ_PLAIN } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { decodeCopy, encodeHeader, HEADER_BYTES, sha256 } from './copy-format.ts';
import { isCorrupt, readPlainFile, setAside } from './reader.ts';
import { Turns } from './turns.ts';
import { syncDirectory, writeFileDurably } from './writer.ts';

export interface CopiesOptions {
  /** Largest state; more is refused with `GOSSIP_E_TOO_LARGE`, and a longer file counts as damaged. */
  readonly maxBytes: number;
  readonly fileSystem?: FileSystem;
}

export interface CopiesRead {
  /** The newest intact state; null when there is none. */
  readonly bytes: Uint8Array | null;
  /** Whether one of the files was damaged (it is now called `….damaged`) or is missing: a newer state may be lost. */
  readonly damaged: boolean;
}

interface Newest {
  readonly slot: 0 | 1;
  readonly sequence: number;
}

const NOTHING: Newest = { slot: 1, sequence: 0 };

export class Copies {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #fileSystem: FileSystem;
  /** Undefined until the files were looked at. */
  #newest: Newest | undefined;
  /** Of what `writeIfChanged` wrote into the newest copy, if it was the last to write. */
  #hash: string | undefined;
  readonly #turns = new Turns();

  constructor(path: string, options: CopiesOptions) {
    this.#path = path;
    this.#maxBytes = options.maxBytes;
    this.#fileSystem = options.fileSystem ?? nodeFileSystem;
  }

  /** The newest copy of which every byte is as it was written; damaged files are set aside and never loaded. */
  read(): Promise<CopiesRead> {
    return this.#turns.take(() => this.#read());
  }

  /** Makes `bytes` the newest copy; when this throws, the last one is still there. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#turns.take(() => this.#write([bytes]));
  }

  /** When the newest copy was written or renewed, in milliseconds since 1970; 0 when there is none. */
  modifiedAt(): Promise<number> {
    return this.#turns.take(async () => {
      if (this.#newest === undefined) await this.#read();
      const { slot, sequence } = this.#newest ?? NOTHING;
      if (sequence === 0) return 0;
      return Number((await lstatOrNull(this.#slotPath(slot), this.#fileSystem))?.mtimeMs ?? 0);
    });
  }

  /**
   * As `write` of pieces that follow each other, with a time of its own; where the newest copy holds these bytes already, by this run's own hand, only that is set. Where
   * it stands alone, it is written once more all the same: damage to one file loses no more than the last write.
   */
  writeIfChanged(pieces: readonly Uint8Array[], modifiedAt: number): Promise<void> {
    return this.#turns.take(async () => {
      const hash = (await sha256(pieces)).toString('hex');
      if (hash === this.#hash && (await this.#standTwo()) && (await this.#setTime(modifiedAt))) return;
      await this.#write(pieces);
      await this.#setTime(modifiedAt);
      this.#hash = hash;
    });
  }

  /** Throws both copies away, and damaged ones too. `isThere`: asked in its turn whether there is anything to throw away. */
  remove(isThere: () => Promise<boolean> = () => Promise.resolve(true)): Promise<void> {
    return this.#turns.take(async () => {
      if (await isThere()) await this.#remove();
    });
  }

  async #read(): Promise<CopiesRead> {
    const first = await this.#readSlot(0);
    const second = await this.#readSlot(1);
    const intact = [first, second].filter((slot) => slot !== 'damaged' && slot !== null);
    const newest = intact.reduce(
      (a, b) => (a !== undefined && a.sequence >= b.sequence ? a : b),
      undefined as (typeof intact)[number] | undefined,
    );
    this.#newest = newest ?? NOTHING;
    const missing = this.#newest.sequence > 1 && intact.length === 1;
    const damaged = missing || first === 'damaged' || second === 'damaged';
    return { bytes: newest?.state ?? null, damaged };
  }

  async #readSlot(slot: 0 | 1): Promise<(Newest & { state: Buffer }) | 'damaged' | null> {
    const path = this.#slotPath(slot);
    try {
      const bytes = await readPlainFile(path, this.#maxBytes + HEADER_BYTES, this.#fileSystem);
      if (bytes === null) return null;
      const decoded = await decodeCopy(bytes);
      if (decoded === 'newer-format') throw newerFormat(path);
      if (decoded !== 'damaged') return { slot, ...decoded };
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw thrown;
    }
    await setAside(path, this.#fileSystem);
    return 'damaged';
  }

  async #standTwo(): Promise<boolean> {
    const found = await Promise.all(([0, 1] as const).map((slot) => lstatOrNull(this.#slotPath(slot), this.#fileSystem)));
    return found.every((stat) => stat !== null);
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    const bytes = bytesOf(pieces);
    if (bytes > this.#maxBytes) {
      throw new GossipError('GOSSIP_E_TOO_LARGE', `${bytes} bytes for ${this.#path}, ${this.#maxBytes} are allowed`);
    }
    this.#hash = undefined;
    if (this.#newest === undefined) await this.#read();
    const before = this.#newest ?? NOTHING;
    const next: Newest = { slot: before.slot === 0 ? 1 : 0, sequence: before.sequence + 1 };
    const header = await encodeHeader(next.sequence, pieces);
    await writeFileDurably(this.#slotPath(next.slot), [header, ...pieces], { fileSystem: this.#fileSystem });
    this.#newest = next;
  }

  /** Of the newest copy. False when its file is gone, or not ours to touch: a write will say what is wrong. */
  async #setTime(at: number): Promise<boolean> {
    const { slot } = this.#newest ?? NOTHING;
    try {
      const file = await this.#fileSystem.open(this.#slotPath(slot), READ_PLAIN);
      const time = new Date(at);
      try {
        await file.utimes(time, time);
      } finally {
        await file.close();
      }
      return true;
    } catch {
      return false;
    }
  }

  async #remove(): Promise<void> {
    this.#hash = undefined;
    try {
      for (const name of ['.0', '.1', '.0.damaged', '.1.damaged']) {
        await this.#fileSystem.rm(this.#path + name, { recursive: true, force: true });
      }
    } catch (thrown) {
      throw fileError(thrown, `remove ${this.#path}`);
    }
    await syncDirectory(dirname(this.#path), this.#fileSystem);
    this.#newest = NOTHING;
  }

  #slotPath(slot: 0 | 1): string {
    return `${this.#path}.${slot}`;
  }
}

/** A newer program's state is intact: to set it aside would lose what the node accepted (law 5). */
function newerFormat(path: string): GossipError {
  return new GossipError('GOSSIP_E_DATA_UNWRITABLE', `${path} was written by a newer version of this program`, {
    advice: 'Start the node with that version again, or choose another directory with --data.',
  });
}
