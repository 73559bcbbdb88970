/** Modules' state on disk: the last checkpoint of each, with what it belongs to (law 3). */
import { join } from 'node:path';
import * as v from 'valibot';
import type { Checkpoint } from '../../../gossip/protocol.ts';
import { GossipError } from '../../../model/errors.ts';
import { isBytesState, stateBytes, stateOf } from '../../../model/state-bytes.ts';
import { payloadHash } from '../../../model/forms.ts';
import type { ModuleName } from '../../../model/names.ts';
import { MAX_STATE_BYTES } from '../../../sdk/limits.ts';
import { nodeFileSystem, onDisk } from '../files/file-system.ts';
import type { FileSystem } from '../files/file-system.ts';
import { Copies } from '../files/copies.ts';
import { isLitter } from '../files/litter.ts';

/** The line in front of the state. */
const MAX_LABEL_BYTES = 1_024;
/** Earlier versions kept a state that was no valid Unicode in UTF-16, which may take twice the bytes. */
const MAX_BYTES = 2 * MAX_STATE_BYTES + MAX_LABEL_BYTES;

/** Open: fields that a newer version of the program adds are ignored. Version 0.1 does not know `bytes`: it finds no checkpoint, and has none to write of such a module. */
const labelSchema = v.object({
  deployment: payloadHash,
  stateEpoch: v.nullable(payloadHash),
  encoding: v.picklist(['utf8', 'utf16le', 'bytes']),
});

export interface CheckpointStoreOptions {
  readonly fileSystem?: FileSystem;
}

export class CheckpointStore {
  readonly #directory: string;
  readonly #options: CheckpointStoreOptions;
  readonly #modules = new Map<ModuleName, Copies>();

  /** `directory` exists. */
  constructor(directory: string, options: CheckpointStoreOptions = {}) {
    this.#directory = directory;
    this.#options = options;
  }

  /** The newest intact checkpoint; null when there is none. `onDamage`: told when a newer one was damaged (and set aside), or is gone. */
  async load(module: ModuleName, onDamage?: () => void): Promise<Checkpoint | null> {
    const { bytes, damaged } = await this.#copiesOf(module).read();
    if (damaged) onDamage?.();
    return bytes === null ? null : decode(bytes);
  }

  /** When the newest checkpoint was taken, in milliseconds since 1970; when there is none, 0. */
  takenAt(module: ModuleName): Promise<number> {
    return this.#copiesOf(module).modifiedAt();
  }

  /**
   * Resolves when the disk has it; when this throws, the last one is still there. What lies there already is not written again, label
   * and state alike: only the time is set. `takenAt`: when the state was taken, in milliseconds since 1970.
   */
  async save(module: ModuleName, checkpoint: Checkpoint, takenAt: number = Date.now()): Promise<void> {
    await this.#copiesOf(module).writeIfChanged(encode(checkpoint), takenAt);
  }

  /** Throws the module's checkpoints away, older and damaged ones too (scrub). Thousands of modules may have been removed, of which nothing is there. */
  drop(module: ModuleName): Promise<void> {
    const known = this.#modules.has(module);
    // Looked for in its turn: what is saved after this call stays.
    return this.#copiesOf(module).remove(async () => known || (await this.#liesThere(module)));
  }

  /** Whether there is state of any module. */
  async isEmpty(): Promise<boolean> {
    return (await this.#names()).every(isLitter);
  }

  async #liesThere(module: ModuleName): Promise<boolean> {
    return (await this.#names()).some((name) => name.startsWith(`${module}.`));
  }

  #names(): Promise<string[]> {
    const { readdir } = this.#options.fileSystem ?? nodeFileSystem;
    return onDisk(readdir(this.#directory), `look into ${this.#directory}`);
  }

  #copiesOf(module: ModuleName): Copies {
    let copies = this.#modules.get(module);
    if (copies === undefined) {
      const { fileSystem } = this.#options;
      const options = { maxBytes: MAX_BYTES, ...(fileSystem === undefined ? {} : { fileSystem }) };
      copies = new Copies(join(this.#directory, module), options);
      this.#modules.set(module, copies);
    }
    return copies;
  }
}

/** A line of JSON, then the state as it is: escaping, joining or copying megabytes of it would hold up the whole node. */
function encode({ deployment, stateEpoch, state }: Checkpoint): readonly Uint8Array[] {
  const bytes = stateBytes(state);
  if (bytes > MAX_STATE_BYTES) throw new GossipError('GOSSIP_E_TOO_LARGE', `a state of ${bytes} bytes, ${MAX_STATE_BYTES} are allowed`);
  return [Buffer.from(`${JSON.stringify({ deployment, stateEpoch, encoding: isBytesState(state) ? 'bytes' : 'utf8' })}\n`), ...state];
}

function decode(bytes: Uint8Array): Checkpoint | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = text.subarray(0, MAX_LABEL_BYTES).indexOf('\n');
  if (end === -1) return null;
  const label = v.safeParse(labelSchema, jsonOrNull(text.subarray(0, end).toString()));
  if (!label.success) return null;
  const { deployment, stateEpoch, encoding } = label.output;
  // A view of these bytes: to copy them would hold up the node.
  const state = new Uint8Array(bytes.buffer, bytes.byteOffset + end + 1, bytes.length - end - 1);
  return {
    deployment,
    stateEpoch,
    state: encoding === 'utf16le' ? stateOf(text.subarray(end + 1).toString(encoding)) : [state],
  };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
