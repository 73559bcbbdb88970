/** Directories that module hosts read: exactly the files of a manifest, each hashed as it is written or found (attacks A1 and C4). */
import { dirname, join } from 'node:path';
import type { Manifest, ManifestFile } from '../../../model/manifest.ts';
import { fileError, lstatOrNull } from '../files/file-system.ts';
import type { FileSystem } from '../files/file-system.ts';
import { hashPlainFile } from '../files/plain-file.ts';
import { listTree } from '../files/tree.ts';
import { temporaryName, writeAll } from '../files/writer.ts';

/** Copies a blob into a new file and answers whether the bytes it copied are those of the manifest. */
type CopyBlob = (file: ManifestFile, write: (chunk: Uint8Array) => Promise<void>) => Promise<boolean>;

/** Whether the directory holds the manifest's files and nothing else, byte for byte, in plain files and directories. */
export async function isIntact(directory: string, manifest: Manifest, fileSystem: FileSystem): Promise<boolean> {
  const root = await lstatOrNull(directory, fileSystem);
  if (root === null || !root.isDirectory()) return false;
  const entries = await listTree(directory, fileSystem).catch(() => []);
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  const directories = directoriesOf(manifest);
  if (entries.length !== files.size + directories.size) return false;
  for (const { path, kind, bytes } of entries) {
    if (kind === 'directory' && directories.has(path)) continue;
    const file = kind === 'file' ? files.get(path) : undefined;
    if (file === undefined || file.size !== bytes) return false;
    const found = await hashPlainFile(join(directory, path), file.size, fileSystem);
    if (found?.hash !== file.sha256) return false;
  }
  return true;
}

/**
 * Puts a new directory with the manifest's files in the place of whatever is there; answers the file whose blob is damaged, if any,
 * and leaves the place as it was then.
 */
export async function replaceCheckout(
  directory: string,
  manifest: Manifest,
  copyBlob: CopyBlob,
  fileSystem: FileSystem,
): Promise<ManifestFile | null> {
  const fresh = temporaryName(directory);
  const old = temporaryName(directory);
  try {
    const damaged = await fill(fresh, manifest, copyBlob, fileSystem);
    if (damaged !== null) return damaged;
    if ((await lstatOrNull(directory, fileSystem)) !== null) await fileSystem.rename(directory, old);
    await fileSystem.rename(fresh, directory);
    return null;
  } catch (thrown) {
    throw fileError(thrown, `check out ${directory}`);
  } finally {
    for (const left of [fresh, old]) await fileSystem.rm(left, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function fill(directory: string, manifest: Manifest, copyBlob: CopyBlob, fileSystem: FileSystem): Promise<ManifestFile | null> {
  await fileSystem.mkdir(directory, { mode: 0o700 });
  for (const path of directoriesOf(manifest)) await fileSystem.mkdir(join(directory, path), { mode: 0o700 });
  for (const file of manifest.files) {
    const handle = await fileSystem.open(join(directory, file.path), 'wx', 0o400);
    try {
      if (!(await copyBlob(file, (chunk) => writeAll(handle, chunk)))) return file;
    } finally {
      await handle.close();
    }
  }
  return null;
}

/** Every directory that a file of the manifest lies in, each after the one around it. */
function directoriesOf(manifest: Manifest): Set<string> {
  const directories = new Set<string>();
  for (const { path } of manifest.files) {
    const above: string[] = [];
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) above.unshift(parent);
    above.forEach((parent) => directories.add(parent));
  }
  return directories;
}
