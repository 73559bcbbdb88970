/** What lies in a directory, links and special files included, without following or opening any of it (attack C4). */
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { GossipError } from '../../../model/errors.ts';
import { fileError } from './file-system.ts';
import type { FileSystem } from './file-system.ts';

export interface TreeEntry {
  /** Relative to the root, `/` between parts. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'special';
  readonly bytes: number;
  /** Changes when the file, its content or its place does. */
  readonly identity: string;
}

/** Deeper than any code may be; ends a directory that contains itself. */
const MAX_DEPTH = 24;
/** More than any code may hold, with its directories. */
const MAX_ENTRIES = 20_000;

/** Stands for bytes of a name that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/** Everything under `root`, each directory before what it holds, sorted by path. */
export async function listTree(root: string, fileSystem: FileSystem): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  try {
    await collect(root, '', 0, entries, fileSystem);
  } catch (thrown) {
    throw fileError(thrown, `read ${root}`);
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function collect(root: string, prefix: string, depth: number, entries: TreeEntry[], fileSystem: FileSystem): Promise<void> {
  for (const name of await fileSystem.readdir(join(root, prefix))) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const entry = name.includes(REPLACEMENT)
      ? unreachable(path)
      : toEntry(path, await fileSystem.lstat(join(root, path), { bigint: true }));
    entries.push(entry);
    if (entries.length > MAX_ENTRIES)
      throw new GossipError('GOSSIP_E_CODE_LIMIT', `${root} holds more than ${MAX_ENTRIES} files and directories`);
    if (entry.kind !== 'directory') continue;
    if (depth === MAX_DEPTH) throw new GossipError('GOSSIP_E_CODE_LIMIT', `${root} is more than ${MAX_DEPTH} directories deep`);
    await collect(root, path, depth + 1, entries, fileSystem);
  }
}

/** Its real name is no text, so no path leads to it. */
function unreachable(path: string): TreeEntry {
  return { path, kind: 'special', bytes: 0, identity: path };
}

function toEntry(path: string, stat: BigIntStats): TreeEntry {
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'link' : 'special';
  return {
    path,
    kind,
    bytes: Number(stat.size),
    identity: [stat.dev, stat.ino, stat.mode, stat.size, stat.mtimeNs, stat.ctimeNs].join(':'),
  };
}
