/** Reads a directory of built code into a manifest: same files, same hash, whatever their times, owners, order and permissions (attack C4). */
import { join, resolve } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import { MAX_CODE_BYTES, MAX_FILES } from '../../model/manifest.ts';
import type { Manifest, ManifestFile } from '../../model/manifest.ts';
import type { ContentHash } from '../../model/names.ts';
import { safeText } from '../../model/safe-text.ts';
import { PIECED_FILE_BYTES } from '../../model/pieces.ts';
import { encodePieces, pieceBytesOf, PieceDigests, piecedFiles, PIECES_FILE } from '../../trust/pieces.ts';
import { isCodePath } from '../../trust/code-path.ts';
import { encodeManifest, hashBytes } from '../../trust/manifest.ts';
import { errnoOf, nodeFileSystem } from '../../core/store/files/file-system.ts';
import type { FileSystem } from '../../core/store/files/file-system.ts';
import { isLitter } from '../../core/store/files/litter.ts';
import { hashPlainFile } from '../../core/store/files/plain-file.ts';
import { listTree } from '../../core/store/files/tree.ts';
import type { TreeEntry } from '../../core/store/files/tree.ts';

export interface CodeDirectory {
  readonly manifest: Manifest;
  /** The code version. */
  readonly hash: ContentHash;
  /** Sum of the sizes of all files. */
  readonly bytes: number;
  /** Where the bytes of each hash lie, or the bytes of what does not lie there. */
  readonly blobs: ReadonlyMap<ContentHash, string | Uint8Array>;
}

export interface ReadOptions {
  readonly fileSystem?: FileSystem;
  /** Refuses what code may not hold; see `refuseHostile`. */
  readonly check?: (entries: readonly TreeEntry[]) => void;
}

export async function readCodeDirectory(path: string, options: ReadOptions = {}): Promise<CodeDirectory> {
  const { fileSystem = nodeFileSystem, check = refuseHostile } = options;
  const root = resolve(path);
  const entries = await list(root, path, fileSystem);
  check(entries);
  const { files, pieces } = await hashFiles(root, entries, fileSystem);
  refuseChange(entries, await list(root, path, fileSystem));
  const added = addedFile(files, pieces);
  const all = added === null ? files : [...files, added].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const manifest: Manifest = { type: 'gossip/manifest/1', files: all };
  const blobs = new Map<ContentHash, string | Uint8Array>(files.map((file) => [file.sha256, join(root, file.path)]));
  if (added !== null && pieces !== null) blobs.set(added.sha256, pieces);
  return { manifest, hash: hashBytes(encodeManifest(manifest)), bytes: all.reduce((sum, file) => sum + file.size, 0), blobs };
}

/** The file with the hashes of the pieces, where there is room for it (decision 42); null where there are no large files, or it lies there already. */
function addedFile(files: readonly ManifestFile[], pieces: Uint8Array | null): ManifestFile | null {
  const there = files.find(({ path }) => path === PIECES_FILE);
  const sha256 = pieces && hashBytes(pieces);
  if (there !== undefined && there.sha256 !== sha256) {
    throw new GossipError('GOSSIP_E_CODE_FILE', `${shown(PIECES_FILE)} does not fit the other files`, {
      advice: 'Remove it: it is made anew where code has large files, and the name is kept for it.',
    });
  }
  if (there !== undefined || pieces === null || sha256 === null) return null;
  const bytes = files.reduce((sum, { size }) => sum + size, pieces.byteLength);
  return files.length === MAX_FILES || bytes > MAX_CODE_BYTES ? null : { path: PIECES_FILE, size: pieces.byteLength, sha256 };
}

async function list(root: string, path: string, fileSystem: FileSystem): Promise<TreeEntry[]> {
  try {
    const stat = await fileSystem.lstat(root);
    if (stat.isSymbolicLink()) throw new GossipError('GOSSIP_E_CODE_PATH', `${shown(path)} is a link; name the directory itself`);
    if (!stat.isDirectory()) throw new GossipError('GOSSIP_E_CODE_PATH', `${shown(path)} is not a directory`);
    return await listTree(root, fileSystem);
  } catch (thrown) {
    if (thrown instanceof GossipError && thrown.code !== 'GOSSIP_E_FILE') throw thrown;
    const errno = errnoOf(thrown instanceof GossipError ? thrown.cause : thrown);
    throw new GossipError('GOSSIP_E_CODE_PATH', `cannot read ${shown(path)}: ${errno ?? String(thrown)}`, { cause: thrown });
  }
}

/** Refuses links, devices, names that some system reads otherwise, empty directories, and too much of anything. */
function refuseHostile(entries: readonly TreeEntry[]): void {
  if (entries.length === 0) throw new GossipError('GOSSIP_E_CODE_PATH', 'the directory is empty');
  for (const { path, kind } of entries) {
    if (!isCodePath(path)) refuse(path, 'is not a plain name');
    if (kind === 'link') refuse(path, 'is a link');
    if (kind === 'special') refuse(path, 'is neither a file nor a directory');
  }
  refuseEmptyDirectories(entries);
  const files = entries.filter((entry) => entry.kind === 'file');
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (files.length > MAX_FILES) throw new GossipError('GOSSIP_E_CODE_LIMIT', `${files.length} files, ${MAX_FILES} are allowed`);
  if (bytes > MAX_CODE_BYTES) throw new GossipError('GOSSIP_E_CODE_LIMIT', `${bytes} bytes of code, ${MAX_CODE_BYTES} are allowed`);
}

/** A manifest lists files only: an empty directory would be lost on the way without a word. */
function refuseEmptyDirectories(entries: readonly TreeEntry[]): void {
  const parents = new Set(entries.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  for (const { path, kind } of entries) if (kind === 'directory' && !parents.has(path)) refuse(path, 'is an empty directory');
}

/** `pieces`: the hashes of the pieces of large files; null where there are none. */
async function hashFiles(
  root: string,
  entries: readonly TreeEntry[],
  fileSystem: FileSystem,
): Promise<{ readonly files: ManifestFile[]; readonly pieces: Uint8Array | null }> {
  const files: ManifestFile[] = [];
  const pieceBytes = pieceBytesOf(entries.filter(({ kind }) => kind !== 'directory').map(({ bytes }) => ({ size: bytes })));
  const digests = new Map<ContentHash, readonly string[]>();
  for (const { path, kind, bytes } of entries) {
    if (kind === 'directory') continue;
    const large = bytes > PIECED_FILE_BYTES ? new PieceDigests(pieceBytes) : null;
    const hashed = await hashPlainFile(join(root, path), MAX_CODE_BYTES, fileSystem, (chunk) => large?.add(chunk));
    if (hashed?.bytes !== bytes) throw changed(path);
    files.push({ path, size: hashed.bytes, sha256: hashed.hash });
    if (large !== null) digests.set(hashed.hash, large.end());
  }
  const pieced = piecedFiles(files.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  const listed = pieced.map(({ sha256 }) => ({ sha256, digests: digests.get(sha256) ?? [] }));
  return { files, pieces: listed.length === 0 ? null : encodePieces(pieceBytes, listed) };
}

/** A build that still writes must not be signed half-done. */
function refuseChange(before: readonly TreeEntry[], after: readonly TreeEntry[]): void {
  const identities = new Map(before.map(({ path, identity }) => [path, identity]));
  const differing = after.find(({ path, identity }) => identities.get(path) !== identity);
  if (differing !== undefined) throw changed(differing.path);
  const left = new Set(after.map(({ path }) => path));
  const gone = before.find(({ path }) => !left.has(path));
  if (gone !== undefined) throw changed(gone.path);
}

function changed(path: string): GossipError {
  return new GossipError('GOSSIP_E_CODE_FILE', `${shown(path)} changed while it was read`, {
    advice: 'Wait until the build is done, then try again.',
  });
}

function refuse(path: string, why: string): never {
  // What is signed is what lies there, so nothing is passed over, though nobody meant it.
  const advice =
    isLitter(path.slice(path.lastIndexOf('/') + 1)) && 'The system put it there by itself: remove it, or build into a clean directory.';
  throw new GossipError('GOSSIP_E_CODE_FILE', `${shown(path)} ${why}`, advice === false ? {} : { advice });
}

/** A file's name may hold anything, terminal sequences included (attack C11). */
function shown(path: string): string {
  return `'${safeText(path, 300)}'`;
}
