/**
 * Code on disk, by hash: `manifests/`, `blobs/`, `partial/` (blobs that are still being fetched) and `checkout/` (what hosts read).
 *
 * What is put is durable before the put resolves. What is to run is hashed again; bytes that are no longer those of their
 * name are dropped, so that they are fetched anew (attack A1).
 */
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { GossipError } from '../../../model/errors.ts';
import { MAX_MANIFEST_BYTES } from '../../../model/manifest.ts';
import type { Manifest, ManifestFile } from '../../../model/manifest.ts';
import type { ContentHash } from '../../../model/names.ts';
import { hashBytes, parseManifest, sizeOf } from '../../../trust/manifest.ts';
import { BlobStore, hex, mismatch } from './blob-store.ts';
import type { PartialBlob } from './blob-store.ts';
import { isIntact, replaceCheckout } from './checkout.ts';
import { Checkouts, plainNamesIn } from './checkouts.ts';
import { lstatOrNull, nodeFileSystem, onDisk } from '../files/file-system.ts';
import type { FileSystem } from '../files/file-system.ts';
import { PieceStore } from './piece-store.ts';
import { Quota } from './quota.ts';
import { isCorrupt, readPlainFile } from '../files/reader.ts';
import type { ByteSource } from './receive.ts';
import { Turns } from '../files/turns.ts';
import { sweepTemporaries, syncDirectory, writeFileDurably } from '../files/writer.ts';

export interface ContentStoreOptions {
  /** Disk that manifests and blobs may take at most, in bytes; checkouts, which repeat some of them, count for `usedBytes` alone. */
  readonly quotaBytes: number;
  readonly fileSystem?: FileSystem;
}

export class ContentStore {
  readonly #manifests: string;
  readonly #checkouts: Checkouts;
  readonly #blobs: BlobStore;
  readonly quota: Quota;
  readonly #fileSystem: FileSystem;
  /** Changes of manifests, with what the quota counts for them. */
  readonly #turns = new Turns();

  private constructor(directory: string, quota: Quota, checkouts: Checkouts, fileSystem: FileSystem) {
    this.#manifests = join(directory, 'manifests');
    this.#checkouts = checkouts;
    this.#blobs = new BlobStore({ blobs: join(directory, 'blobs'), partials: join(directory, 'partial') }, quota, fileSystem);
    this.quota = quota;
    this.#fileSystem = fileSystem;
  }

  /** Opens the store in `directory`, which it makes. Nobody else may use it meanwhile. */
  static async open(directory: string, options: ContentStoreOptions): Promise<ContentStore> {
    const { quotaBytes, fileSystem = nodeFileSystem } = options;
    const parts = ['manifests', 'blobs', 'partial', 'checkout'].map((name) => join(directory, name));
    for (const part of [directory, ...parts]) {
      await makeRealDirectory(part, fileSystem);
      await sweepTemporaries(part, fileSystem);
    }
    let usedBytes = 0;
    for (const part of parts.slice(0, 3)) usedBytes += await bytesIn(part, fileSystem);
    const checkouts = await Checkouts.open(join(directory, 'checkout'), fileSystem);
    return new ContentStore(directory, new Quota(quotaBytes, usedBytes), checkouts, fileSystem);
  }

  /** Whether manifest and blobs are all here. */
  async has(code: ContentHash): Promise<boolean> {
    return (await this.whole(code)) !== null;
  }

  /** The manifest of code that is here with all its blobs; otherwise null. */
  async whole(code: ContentHash): Promise<Manifest | null> {
    const manifest = await this.manifest(code);
    return manifest !== null && (await this.#missing(manifest)).length === 0 ? manifest : null;
  }

  /** The blobs that are not here yet. `GOSSIP_E_CODE_ABSENT` when not even the manifest is. */
  async missing(code: ContentHash): Promise<ContentHash[]> {
    return this.#missing(await this.#needManifest(code));
  }

  /** Whether one blob is here: a look at its code as a whole costs as much as the code has files. */
  async hasBlob(hash: ContentHash, size: number): Promise<boolean> {
    if (!(await this.#blobs.has(hash, size))) return false;
    await this.#blobs.durable();
    return true;
  }

  /** Keeps a manifest, when its hash is the code version and every rule of code holds. */
  async putManifest(code: ContentHash, bytes: Uint8Array): Promise<Manifest> {
    if (hashBytes(bytes) !== code) throw mismatch(code);
    const manifest = parseManifest(bytes);
    await this.#turns.take(async () => {
      // Whoever put it a moment ago may be reading it by now: what is here and right is not written again.
      if (!(await this.#isKept(code))) await this.#writeManifest(code, bytes);
    });
    return manifest;
  }

  /** The manifest; null when it is not here. A damaged one is dropped. */
  async manifest(code: ContentHash): Promise<Manifest | null> {
    const bytes = await this.#readManifest(code);
    if (bytes === null) return null;
    if (bytes !== 'damaged') return parseManifest(bytes);
    await this.#turns.take(async () => {
      // It may have been put anew meanwhile.
      if (!(await this.#isKept(code))) await this.#removeManifest(hex(code));
    });
    return null;
  }

  /** Takes a blob in one go, from memory or a stream of which not one byte more than `size` is kept (attack A6). */
  putBlob(hash: ContentHash, source: ByteSource, size: number): Promise<void> {
    return this.#blobs.put(hash, source, size);
  }

  /** What is here of a blob whose fetch was interrupted, to go on with; `size` is that of the whole. */
  partial(hash: ContentHash, size: number): Promise<PartialBlob> {
    return this.#blobs.partial(hash, size);
  }

  /**
   * The pieces of a code, where its manifest names their hashes and these are here; otherwise null. `fetching`: for more of them to come. Only one may fetch
   * at a time: `GOSSIP_E_BUSY`.
   */
  async pieces(code: ContentHash, fetching: boolean): Promise<PieceStore | null> {
    const manifest = await this.manifest(code);
    return manifest && PieceStore.of(manifest, this.#blobs, fetching);
  }

  /** A blob's bytes from `from` on, for a peer, who will hash them; `size` is that of the whole. Null when it is not here. */
  openBlob(hash: ContentHash, from = 0): Promise<{ readonly stream: Readable; readonly size: number } | null> {
    return this.#blobs.open(hash, from);
  }

  /** A whole small blob, for a peer, who will hash it. Null when it is not here. */
  readBlob(hash: ContentHash, size: number): Promise<Uint8Array | null> {
    return this.#blobs.read(hash, size);
  }

  /**
   * A directory with exactly the code's files, every byte of which was hashed just now. What differs is replaced.
   * `GOSSIP_E_CODE_MISMATCH`: the stored bytes are damaged; they were dropped, so `missing` names what to fetch again.
   */
  async checkout(code: ContentHash): Promise<string> {
    return this.#checkouts.take(hex(code), (directory) => this.#checkOut(code, directory));
  }

  /** Hashes all blobs of a code version, drops the damaged ones, and answers what is to be fetched. */
  async verify(code: ContentHash): Promise<ContentHash[]> {
    const manifest = await this.#needManifest(code);
    for (const { sha256, size } of manifest.files) {
      if ((await this.#blobs.has(sha256, size)) && !(await this.#blobs.copy(sha256, size))) await this.#blobs.drop(sha256);
    }
    return this.#missing(manifest);
  }

  /** Throws away all code but this, and of checkouts all but `running`. Code that is being fetched or pushed must be among it. */
  async keepOnly(codes: ReadonlySet<ContentHash>, running: ReadonlySet<ContentHash> = codes): Promise<void> {
    const wanted = new Set([...codes].map(hex));
    await this.#checkouts.keepOnly(new Set([...running].map(hex)));
    for (const name of await plainNamesIn(this.#manifests, this.#fileSystem))
      if (!wanted.has(name)) await this.#turns.take(() => this.#removeManifest(name));
    const blobs = new Set<ContentHash>();
    for (const code of codes) for (const file of (await this.manifest(code))?.files ?? []) blobs.add(file.sha256);
    await this.#blobs.keepOnly(blobs);
  }

  /** What all of it takes of the quota. Counted, not looked up: a status must not need the disk that it tells of. */
  get usedBytes(): number {
    return this.quota.usedBytes + this.#checkouts.bytes;
  }

  async #missing(manifest: Manifest): Promise<ContentHash[]> {
    const missing = new Set<ContentHash>();
    for (const { sha256, size } of manifest.files) if (!(await this.#blobs.has(sha256, size))) missing.add(sha256);
    // law 5: what another fetch is bringing just now counts once the disk has it
    await this.#blobs.durable();
    return [...missing];
  }

  async #needManifest(code: ContentHash): Promise<Manifest> {
    const manifest = await this.manifest(code);
    if (manifest === null) throw new GossipError('GOSSIP_E_CODE_ABSENT', `the manifest of ${code} is not here`);
    return manifest;
  }

  async #checkOut(code: ContentHash, directory: string): Promise<number> {
    const manifest = await this.#needManifest(code);
    const bytes = sizeOf(manifest);
    if (await isIntact(directory, manifest, this.#fileSystem)) return bytes;
    const copyBlob = ({ sha256, size }: ManifestFile, write: (chunk: Uint8Array) => Promise<void>) => this.#blobs.copy(sha256, size, write);
    const damaged = await replaceCheckout(directory, manifest, copyBlob, this.#fileSystem);
    if (damaged === null) return bytes;
    await this.#blobs.drop(damaged.sha256);
    throw mismatch(damaged.sha256);
  }

  async #isKept(code: ContentHash): Promise<boolean> {
    return (await this.#readManifest(code)) instanceof Uint8Array;
  }

  async #readManifest(code: ContentHash): Promise<Buffer | 'damaged' | null> {
    try {
      const bytes = await readPlainFile(this.#manifestPath(code), MAX_MANIFEST_BYTES, this.#fileSystem);
      return bytes === null || hashBytes(bytes) === code ? bytes : 'damaged';
    } catch (thrown) {
      if (isCorrupt(thrown)) return 'damaged';
      throw thrown;
    }
  }

  async #writeManifest(code: ContentHash, bytes: Uint8Array): Promise<void> {
    const path = this.#manifestPath(code);
    await this.#removeManifest(hex(code));
    this.quota.reserve(bytes.length);
    try {
      await writeFileDurably(path, bytes, { fileSystem: this.#fileSystem });
    } catch (thrown) {
      this.quota.release(bytes.length);
      throw thrown;
    }
  }

  async #removeManifest(name: string): Promise<void> {
    const path = join(this.#manifests, name);
    const stat = await lstatOrNull(path, this.#fileSystem);
    if (stat === null) return;
    await onDisk(this.#fileSystem.rm(path, { recursive: true, force: true }), `remove ${path}`);
    await syncDirectory(this.#manifests, this.#fileSystem);
    if (stat.isFile()) this.quota.release(Number(stat.size));
  }

  #manifestPath(code: ContentHash): string {
    return join(this.#manifests, hex(code));
  }
}

/** A link in a directory's place would lead everything that is stored elsewhere (attack C4): it is removed. */
async function makeRealDirectory(path: string, fileSystem: FileSystem): Promise<void> {
  const stat = await lstatOrNull(path, fileSystem);
  if (stat?.isDirectory() === true) return;
  await onDisk(fileSystem.rm(path, { force: true }), `remove ${path}`);
  await onDisk(fileSystem.mkdir(path, { mode: 0o700 }), `make ${path}`);
  // What is stored in it is only as durable as its own name.
  await syncDirectory(dirname(path), fileSystem);
}

async function bytesIn(directory: string, fileSystem: FileSystem): Promise<number> {
  let bytes = 0;
  for (const name of await onDisk(fileSystem.readdir(directory), `read ${directory}`)) {
    const stat = await lstatOrNull(join(directory, name), fileSystem);
    if (stat?.isFile() === true) bytes += Number(stat.size);
  }
  return bytes;
}
