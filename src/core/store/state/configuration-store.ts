/**
 * The node's configuration on disk: the envelopes of all its records, of the root's steps and of the notes about nodes, as they were signed (laws 1 and 5). The
 * latter lie among the records, where a node of before leaves out what it does not know.
 */
import { join } from 'node:path';
import type { Envelope, VerifiedDeployment } from '../../../model/deployment.ts';
import { isNote } from '../../../trust/node-note.ts';
import { ROOT_TYPE } from '../../../trust/root.ts';
import type { FileSystem } from '../files/file-system.ts';
import { Copies } from '../files/copies.ts';

/** Some 16,000 records of the largest size. */
const MAX_BYTES = 256 * 1024 * 1024;

export interface ConfigurationRead {
  /** Not verified: whoever loads them checks every signature again (law 2). */
  readonly envelopes: unknown[];
  /** Of the root, in their order; not verified either. */
  readonly steps: unknown[];
  /** About nodes; not verified either. */
  readonly notes: unknown[];
  /** Whether a damaged copy was found and set aside: newer records may be missing, and peers have them. */
  readonly damaged: boolean;
}

export class ConfigurationStore {
  readonly #copies: Copies;

  constructor(directory: string, options: { readonly fileSystem?: FileSystem } = {}) {
    this.#copies = new Copies(join(directory, 'configuration'), { maxBytes: MAX_BYTES, ...options });
  }

  async load(): Promise<ConfigurationRead> {
    const { bytes, damaged } = await this.#copies.read();
    if (bytes === null) return { envelopes: [], steps: [], notes: [], damaged };
    const all = parseEnvelopes(bytes);
    if (all === null) return { envelopes: [], steps: [], notes: [], damaged: true };
    const envelopes = all.filter((each) => !isStep(each) && !isNote(each));
    return { envelopes, steps: all.filter(isStep), notes: all.filter(isNote), damaged };
  }

  /** Resolves when the disk has all of them. */
  save(records: readonly VerifiedDeployment[], steps: readonly Envelope[] = [], notes: readonly Envelope[] = []): Promise<void> {
    return this.#copies.write(Buffer.from(JSON.stringify([...steps, ...notes, ...records.map((record) => record.envelope)])));
  }
}

function isStep(envelope: unknown): boolean {
  return (envelope as Partial<Envelope> | null)?.payloadType === ROOT_TYPE;
}

/** Null when the state is whole, and yet not what `save` writes: a defect of an earlier program must not keep the node from starting. */
function parseEnvelopes(bytes: Uint8Array): unknown[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
