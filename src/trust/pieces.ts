/**
 * The hashes of the pieces of a code's large files. They stand in a small file of the code, which its manifest lists like any other: so they are signed with
 * it, and nodes that know no pieces take the code all the same (decision 42).
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { contentHash } from '../model/forms.ts';
import type { Manifest, ManifestFile } from '../model/manifest.ts';
import type { ContentHash } from '../model/names.ts';
import { MAX_PIECES, PIECED_FILE_BYTES, pieceBytesFor } from '../model/pieces.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { parseForm } from './form.ts';

/** What the file is called in the code's directory. */
export const PIECES_FILE = 'gossip-pieces.json';
/** A SHA-256 in base64url. */
const DIGEST_LETTERS = 43;
export const MAX_PIECES_FILE_BYTES = 64 * 1024;

export interface Piece {
  readonly file: ManifestFile;
  /** Its first byte in the file. */
  readonly at: number;
  readonly bytes: number;
  readonly digest: string;
}

export interface Pieces {
  /** Of every piece but the last of a file. */
  readonly pieceBytes: number;
  /** By their numbers. */
  readonly all: readonly Piece[];
}

const schema = v.strictObject({
  type: v.literal('gossip/pieces/1'),
  pieceBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  files: v.array(v.strictObject({ sha256: contentHash, digests: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]*$/)) })),
});

/** The files that travel in pieces, in the order of the manifest, each content once. */
export function piecedFiles(files: readonly ManifestFile[]): readonly ManifestFile[] {
  const seen = new Set<ContentHash>();
  return files.filter(({ size, sha256 }) => size > PIECED_FILE_BYTES && !seen.has(sha256) && seen.add(sha256));
}

/** Into pieces of which size these files are cut. */
export function pieceBytesOf(files: readonly Pick<ManifestFile, 'size'>[]): number {
  return pieceBytesFor(files.reduce((sum, { size }) => sum + (size > PIECED_FILE_BYTES ? size : 0), 0));
}

/** Hashes the pieces of one file as its bytes come by. */
export class PieceDigests {
  readonly #pieceBytes: number;
  readonly #digests: string[] = [];
  #hash = createHash('sha256');
  #bytes = 0;

  constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes;
  }

  add(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, this.#pieceBytes - this.#bytes);
      this.#hash.update(part);
      this.#bytes += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#bytes === this.#pieceBytes) this.#next();
    }
  }

  end(): readonly string[] {
    if (this.#bytes > 0) this.#next();
    return this.#digests;
  }

  #next(): void {
    this.#digests.push(this.#hash.digest('base64url'));
    this.#hash = createHash('sha256');
    this.#bytes = 0;
  }
}

export function encodePieces(
  pieceBytes: number,
  files: readonly { readonly sha256: ContentHash; readonly digests: readonly string[] }[],
): Uint8Array {
  const listed = files.map(({ sha256, digests }) => ({ sha256, digests: digests.join('') }));
  return canonicalBytes({ type: 'gossip/pieces/1', pieceBytes, files: listed });
}

/** The entry of the file with the hashes. */
export function piecesEntry({ files }: Manifest): ManifestFile | undefined {
  return files.find(({ path, size }) => path === PIECES_FILE && size <= MAX_PIECES_FILE_BYTES);
}

/** `GOSSIP_E_SCHEMA`, or an error of what is no canonical JSON, where these are not the pieces of the manifest's large files. */
export function parsePieces(bytes: Uint8Array, { files }: Manifest): Pieces {
  const value = parseCanonical(bytes, { maxBytes: MAX_PIECES_FILE_BYTES, maxDepth: 3 });
  const { pieceBytes, files: listed } = parseForm(schema, value, 'list of pieces');
  const large = piecedFiles(files);
  if (pieceBytes !== pieceBytesOf(files)) refuse(`pieces of ${pieceBytes} bytes`);
  if (listed.length !== large.length) refuse(`${listed.length} files, and not ${large.length}`);
  const all = large.flatMap((file, at) => {
    const { sha256, digests } = listed[at] as (typeof listed)[number];
    const count = Math.ceil(file.size / pieceBytes);
    if (sha256 !== file.sha256 || digests.length !== count * DIGEST_LETTERS) refuse('pieces of other files');
    return Array.from({ length: count }, (_, piece): Piece => {
      const first = piece * pieceBytes;
      const digest = digests.slice(piece * DIGEST_LETTERS, (piece + 1) * DIGEST_LETTERS);
      return { file, at: first, bytes: Math.min(pieceBytes, file.size - first), digest };
    });
  });
  if (all.length === 0 || all.length > MAX_PIECES) refuse(`${all.length} pieces`);
  return { pieceBytes, all };
}

/** Whether the bytes are those of the piece. */
export function isPiece({ bytes, digest }: Piece, content: Uint8Array): boolean {
  return content.byteLength === bytes && createHash('sha256').update(content).digest('base64url') === digest;
}

function refuse(what: string): never {
  throw new GossipError('GOSSIP_E_SCHEMA', `list of pieces: ${what}`);
}
