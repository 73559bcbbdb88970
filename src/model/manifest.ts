/** A manifest: the canonical list of a code version's files. Its hash is the code version. */
import type { ContentHash } from './names.ts';

export interface ManifestFile {
  /** Relative, `/` between parts, plain names only (attack C4). */
  readonly path: string;
  readonly size: number;
  readonly sha256: ContentHash;
}
/** Files sorted by path (UTF-16 code units); canonical JSON of this object is hashed. */
export interface Manifest {
  readonly type: 'gossip/manifest/1';
  readonly files: readonly ManifestFile[];
}
export const MAX_FILES = 2_000;
export const MAX_CODE_BYTES = 64 * 1024 * 1024;
export const MAX_MANIFEST_BYTES = 1024 * 1024;
