/** What an author's project consists of: all files but what is built, installed or hidden. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../core/store/files/file-system.ts';
import { GossipError } from '../../model/errors.ts';

/** The project as it lies there. */
export interface Seen {
  /** The same for the same names and bytes. */
  readonly content: string;
  /** Another one whenever a file was written, though with the same bytes. */
  readonly stamp: string;
  /** All directories, the project itself among them, with what tells a directory from another one of the same name. */
  readonly directories: ReadonlyMap<string, string>;
}

/** Where the build writes. */
export const OUTPUT = 'dist';
const INSTALLED = 'node_modules';
/** Vim tries with this name whether it may write. */
const TRIED = '4913';
/** What is larger is told by its times alone. */
const MAX_READ_BYTES = 16 * 2 ** 20;
/** More is no module's project. */
const MAX_ENTRIES = 20_000;

/** Whether a path within the project, with `/` between names, is none of its sources: output, installed, hidden, or an editor's own. */
export function isIgnored(path: string): boolean {
  if (path === OUTPUT || path.startsWith(`${OUTPUT}/`)) return true;
  return path
    .split('/')
    .some((name) => name === INSTALLED || name.startsWith('.') || name.endsWith('~') || name.startsWith('#') || name === TRIED);
}

/** Files by path: a hash of the bytes, and the stamp that they had then. */
type Known = Map<string, { readonly stamp: string; readonly hash: string }>;

export class Sources {
  readonly #root: string;
  #known: Known = new Map();

  constructor(root: string) {
    this.#root = root;
  }

  /** Looks at all of it. What goes away meanwhile is left out; links to directories are not followed. */
  async look(): Promise<Seen> {
    const directories = new Map<string, string>();
    const known: Known = new Map();
    const open = [''];
    let entries = 0;
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const stats = await statOf(join(this.#root, path), path === '');
      if (stats === null) continue;
      directories.set(join(this.#root, path), `${stats.ino} ${stats.birthtimeMs}`);
      for (const entry of await list(join(this.#root, path))) {
        const inner = path === '' ? entry.name : `${path}/${entry.name}`;
        if (isIgnored(inner)) continue;
        if ((entries += 1) > MAX_ENTRIES) throw tooMany(this.#root);
        if (entry.isDirectory()) open.push(inner);
        else await this.#note(inner, known);
      }
    }
    this.#known = known;
    const lines = [...known].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      content: digest(lines.map(([path, { hash }]) => `${path}\0${hash}`)),
      stamp: digest(lines.map(([path, { stamp }]) => `${path}\0${stamp}`)),
      directories,
    };
  }

  async #note(path: string, known: Known): Promise<void> {
    const stats = await statOf(join(this.#root, path), false);
    if (stats === null || !stats.isFile()) return;
    const stamp = `${stats.size} ${stats.mtimeMs} ${stats.ino} ${stats.ctimeMs}`;
    const before = this.#known.get(path);
    const hash = before?.stamp === stamp ? before.hash : await hashOf(join(this.#root, path), stats, stamp);
    if (hash !== null) known.set(path, { stamp, hash });
  }
}

async function hashOf(path: string, { size }: Stats, stamp: string): Promise<string | null> {
  if (size > MAX_READ_BYTES) return stamp;
  return readFile(path).then(
    (bytes) => createHash('sha256').update(bytes).digest('hex'),
    (error: unknown) => (isGone(error) ? null : `unreadable ${stamp}`),
  );
}

/** Null where nothing lies any more: directories are removed and made anew while they are looked at. */
async function statOf(path: string, isRoot: boolean): Promise<Stats | null> {
  return stat(path).catch((cause: unknown) => {
    if (!isRoot && isGone(cause)) return null;
    throw new GossipError('GOSSIP_E_FILE', `cannot look at ${path}: ${errnoOf(cause) ?? String(cause)}`, { cause });
  });
}

async function list(path: string) {
  return readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    if (isGone(cause)) return [];
    throw new GossipError('GOSSIP_E_FILE', `cannot look into ${path}: ${errnoOf(cause) ?? String(cause)}`, { cause });
  });
}

/** A link may also lead nowhere, or round in circles. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '');
}

function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

function tooMany(root: string): GossipError {
  return new GossipError('GOSSIP_E_CODE_PATH', `${root} holds more than ${MAX_ENTRIES} files and folders`, {
    advice: "Give the directory of the module's project.",
  });
}
