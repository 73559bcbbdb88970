/**
 * The pieces of one code's large files on disk: each is verified before it is written, and again when it is read. Large files that are still being fetched lie in
 * `partial/` at their full size, with holes; which of their pieces are here is found out by hashing them, so a restart trusts nothing (attack A1).
 */
import { GossipError } from '../../../model/errors.ts';
import type { Manifest, ManifestFile } from '../../../model/manifest.ts';
import type { ContentHash } from '../../../model/names.ts';
import { PieceSet } from '../../../model/piece-set.ts';
import { hashBytes } from '../../../trust/manifest.ts';
import { isPiece, parsePieces, piecesEntry } from '../../../trust/pieces.ts';
import type { Piece, Pieces } from '../../../trust/pieces.ts';
import type { BlobStore } from './blob-store.ts';
import type { PiecedBlob } from './pieced-file.ts';

export class PieceStore {
  readonly pieces: Pieces;
  readonly have: PieceSet;
  readonly #blobs: BlobStore;
  /** Files that are not whole. */
  readonly #open = new Map<ContentHash, PiecedBlob>();

  private constructor(pieces: Pieces, blobs: BlobStore) {
    this.pieces = pieces;
    this.have = new PieceSet(pieces.all.length);
    this.#blobs = blobs;
  }

  /** null: the code has no list of pieces, or it is not here. */
  static async of(manifest: Manifest, blobs: BlobStore, fetching: boolean): Promise<PieceStore | null> {
    const entry = piecesEntry(manifest);
    const bytes = entry && (await blobs.read(entry.sha256, entry.size));
    if (!entry || !bytes || hashBytes(bytes) !== entry.sha256) return null;
    const pieces = piecesOrNull(bytes, manifest);
    return pieces && PieceStore.open(pieces, blobs, fetching);
  }

  /** `fetching`: room is made on the disk for what is missing; else only whole files count. */
  static async open(pieces: Pieces, blobs: BlobStore, fetching: boolean): Promise<PieceStore> {
    const store = new PieceStore(pieces, blobs);
    try {
      for (const file of new Set(pieces.all.map((piece) => piece.file))) await store.#openFile(file, fetching);
    } catch (thrown) {
      await store.close();
      throw thrown;
    }
    return store;
  }

  /** Keeps a piece; false: its bytes are not those that were signed. */
  async write(number: number, bytes: Uint8Array): Promise<boolean> {
    const piece = this.pieces.all[number];
    if (piece === undefined || !isPiece(piece, bytes)) return false;
    const file = this.#open.get(piece.file.sha256);
    if (file === undefined && !this.have.has(number)) throw new GossipError('GOSSIP_E_INTERNAL', 'these pieces are closed');
    await file?.write(piece.at, bytes);
    return true;
  }

  /** null: it is not here, or not what it was. */
  async read(number: number): Promise<Uint8Array | null> {
    const piece = this.pieces.all[number];
    if (piece === undefined || !this.have.has(number)) return null;
    const bytes = await this.#read(piece);
    if (bytes !== null && isPiece(piece, bytes)) return bytes;
    this.have.delete(number);
    return null;
  }

  /**
   * All pieces are here: makes whole files of them, durably. `GOSSIP_E_CODE_MISMATCH`: the files are not those that were signed, and whoever
   * signed the code signed pieces of another.
   */
  async finish(): Promise<void> {
    for (const [hash, blob] of this.#open) {
      await blob.finish();
      // Whoever reads it now finds it whole.
      this.#open.delete(hash);
      await blob.close();
    }
  }

  /** Throws away what came of files that are not whole. */
  async discard(): Promise<void> {
    for (const blob of this.#open.values()) await blob.discard();
    await this.close();
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const blob of open) await blob.close();
  }

  async #openFile(file: ManifestFile, fetching: boolean): Promise<void> {
    const whole = await this.#blobs.has(file.sha256, file.size);
    if (!whole && !fetching) return;
    if (!whole) this.#open.set(file.sha256, await this.#blobs.pieced(file.sha256, file.size));
    for (const [number, piece] of this.pieces.all.entries()) {
      if (piece.file !== file) continue;
      if (whole || (await this.#isHere(piece))) this.have.add(number);
    }
  }

  async #isHere(piece: Piece): Promise<boolean> {
    const bytes = await this.#read(piece);
    return bytes !== null && isPiece(piece, bytes);
  }

  #read({ file, at, bytes }: Piece): Promise<Uint8Array | null> {
    const open = this.#open.get(file.sha256);
    return open === undefined ? this.#blobs.readPart(file.sha256, at, bytes) : open.read(at, bytes);
  }
}

/** Where the bytes that pieces made up are not those of the file. */
export function isWrongList(thrown: unknown): boolean {
  return thrown instanceof GossipError && thrown.code === 'GOSSIP_E_CODE_MISMATCH';
}

/** A file of that name that says something else is the module's own affair. */
function piecesOrNull(bytes: Uint8Array, manifest: Manifest): Pieces | null {
  try {
    return parsePieces(bytes, manifest);
  } catch (thrown) {
    if (thrown instanceof GossipError) return null;
    throw thrown;
  }
}
