/** A small JSON document on disk: what the node belongs to, its hints, whom it admitted. */
import { asidePath, corrupt, isCorrupt, readPlainFile, setAside } from './reader.ts';
import { lstatOrNull, nodeFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { GossipError } from '../../../model/errors.ts';
import { Turns } from './turns.ts';
import { writeFileDurably } from './writer.ts';

export interface JsonFileOptions {
  /** Largest document; more is refused with `GOSSIP_E_TOO_LARGE`, and a longer file counts as damaged. */
  readonly maxBytes: number;
  /** Whether `save` waits until the disk has it (default). Without, a power cut may lose the document: for what can be learnt again. */
  readonly durable?: boolean;
  readonly fileSystem?: FileSystem;
}

export interface JsonFileRead {
  /** What the document says, in no checked form; null when there is none. */
  readonly value: unknown;
  /** Whether a damaged document was found; it is now called `….damaged`. */
  readonly damaged: boolean;
}

export class JsonFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #durable: boolean;
  readonly #fileSystem: FileSystem;
  /** The last save that was called is the one that stays. */
  readonly #turns = new Turns();

  constructor(path: string, options: JsonFileOptions) {
    this.path = path;
    this.#maxBytes = options.maxBytes;
    this.#durable = options.durable ?? true;
    this.#fileSystem = options.fileSystem ?? nodeFileSystem;
  }

  load(): Promise<JsonFileRead> {
    return this.#turns.take(() => this.#load());
  }

  async save(value: unknown): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    if (bytes.length > this.#maxBytes) {
      throw new GossipError('GOSSIP_E_TOO_LARGE', `${bytes.length} bytes for ${this.path}, ${this.#maxBytes} are allowed`);
    }
    const options = { durable: this.#durable, fileSystem: this.#fileSystem };
    await this.#turns.take(() => writeFileDurably(this.path, bytes, options));
  }

  /** For a reader who found that the document, though JSON, says nothing of use. */
  setAside(): Promise<void> {
    return this.#turns.take(() => setAside(this.path, this.#fileSystem));
  }

  /** Where a damaged document of an earlier start lies; null when there is none. */
  async asideAt(): Promise<string | null> {
    const path = asidePath(this.path);
    return (await lstatOrNull(path, this.#fileSystem)) === null ? null : path;
  }

  async #load(): Promise<JsonFileRead> {
    try {
      const bytes = await readPlainFile(this.path, this.#maxBytes, this.#fileSystem);
      return { value: bytes === null ? null : parse(bytes, this.path), damaged: false };
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw thrown;
      await setAside(this.path, this.#fileSystem);
      return { value: null, damaged: true };
    }
  }
}

function parse(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (thrown) {
    throw corrupt(path, 'is not JSON', thrown);
  }
}
