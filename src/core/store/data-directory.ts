/** A node's data directory: made or opened, locked, swept of what a crash left, with a store for each thing in it. */
import { join, resolve } from 'node:path';
import { access, realpath } from 'node:fs/promises';
import { GossipError } from '../../model/errors.ts';
import { CheckpointStore } from './state/checkpoint-store.ts';
import { ConfigurationStore } from './state/configuration-store.ts';
import { ContentStore } from './code/content-store.ts';
import { makeDirectories } from './files/directories.ts';
import { errnoOf, fileError, nodeFileSystem, onDisk } from './files/file-system.ts';
import type { FileSystem } from './files/file-system.ts';
import { nextIncarnation } from './state/incarnation.ts';
import { Journal } from './state/journal.ts';
import type { JournalOptions } from './state/journal.ts';
import { JsonFile } from './files/json-file.ts';
import { isLitter } from './files/litter.ts';
import { lockDirectory } from './files/lock.ts';
import { LogBook } from './logs/log-book.ts';
import { RESERVE } from './code/quota.ts';
import { isTemporary, sweepTemporaries, syncDirectory } from './files/writer.ts';

const MIB = 1024 * 1024;
export const DEFAULT_QUOTA_BYTES = 1_024 * MIB;

export interface DataDirectoryOptions {
  /** Disk that code may take (default 1 GiB). */
  readonly quotaBytes?: number;
  /** Told when entries of the journal are lost. */
  readonly onJournalLoss?: Required<JournalOptions>['onLoss'];
  readonly fileSystem?: FileSystem;
}

export interface DataDirectory {
  /** Absolute, without links. */
  readonly dir: string;
  readonly configuration: ConfigurationStore;
  readonly content: ContentStore;
  /** Disk that code may take; the store lets in more, for repairs (`src/core/adapters/make-room.ts`). */
  readonly quotaBytes: number;
  /** Another quota from now on: a lower one has older code give way when the next comes. */
  limitCode(quotaBytes: number): void;
  readonly checkpoints: CheckpointStore;
  /** Peers' addresses; not fsynced, for they are learnt again. */
  readonly hints: JsonFile;
  /** Who was admitted. */
  readonly admissions: JsonFile;
  /** What the node belongs to. */
  readonly cluster: JsonFile;
  readonly journal: Journal;
  /** What the node and its modules log. */
  readonly logs: LogBook;
  /** Whether its file system keeps names through a power cut; else a file that was just written may be gone after one. */
  readonly keepsNames: boolean;
  /** The number of this start. */
  readonly incarnation: number;
  /** Writes the rest of the journal and of the logs, and lets the next node in. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Opens `path` for this process alone; makes it when it is not there. */
export async function openDataDirectory(path: string, options: DataDirectoryOptions = {}): Promise<DataDirectory> {
  const { fileSystem = nodeFileSystem, quotaBytes = DEFAULT_QUOTA_BYTES } = options;
  const dir = await makeDataDirectory(path, fileSystem);
  const lock = lockDirectory(dir);
  try {
    const state = join(dir, 'state');
    await onDisk(fileSystem.mkdir(state, { recursive: true, mode: 0o700 }), `make ${state}`);
    for (const directory of [dir, state]) await sweepTemporaries(directory, fileSystem);
    const incarnation = await nextIncarnation(dir, { fileSystem });
    const logs = await onDisk(LogBook.open(join(dir, 'logs'), { incarnation, fileSystem }), `read ${join(dir, 'logs')}`);
    const journal = new Journal(dir, { fileSystem, ...(options.onJournalLoss && { onLoss: options.onJournalLoss }) });
    const content = await ContentStore.open(join(dir, 'content'), { quotaBytes: RESERVE * quotaBytes, fileSystem });
    let limit = quotaBytes;
    return {
      dir,
      configuration: new ConfigurationStore(dir, { fileSystem }),
      content,
      get quotaBytes() {
        return limit;
      },
      limitCode: (bytes) => {
        limit = bytes;
        content.quota.maxBytes = RESERVE * bytes;
      },
      checkpoints: new CheckpointStore(state, { fileSystem }),
      hints: new JsonFile(join(dir, 'hints.json'), { maxBytes: 8 * MIB, durable: false, fileSystem }),
      admissions: new JsonFile(join(dir, 'admissions.json'), { maxBytes: 64 * MIB, fileSystem }),
      cluster: clusterFile(dir, fileSystem),
      journal,
      logs,
      keepsNames: await syncDirectory(dir, fileSystem),
      incarnation,
      close: async () => {
        await journal.close();
        await logs.close();
        lock.release();
      },
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** What the node in `dir` belongs to; whoever prepares a node that was never started writes it without opening the directory. */
export function clusterFile(dir: string, fileSystem: FileSystem = nodeFileSystem): JsonFile {
  return new JsonFile(join(dir, 'cluster.json'), { maxBytes: 4 * MIB, fileSystem });
}

/** What a node leaves in its data directory. Even without `cluster.json`, no new cluster may be made over the rest: it would be lost. */
const TRACES = ['cluster.json', 'cluster.json.damaged', 'configuration.0', 'configuration.1', 'hints.json', 'admissions.json'];
/** What shows that a directory is a node's although no node has run with it yet: `gossip node identity`, or a start that failed early. */
const BEGINNINGS = ['identity.key', 'lock'];

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** Whether a node has run with this data directory before. What cannot be looked at is an error: it may be there. */
export async function isNodeData(directory: string): Promise<boolean> {
  const found = await Promise.all(
    TRACES.map((file) =>
      access(join(directory, file)).then(
        () => true,
        (thrown: unknown) => {
          if (ABSENT.has(errnoOf(thrown) ?? '')) return false;
          throw fileError(thrown, `look at ${join(directory, file)}`);
        },
      ),
    ),
  );
  return found.includes(true);
}

/**
 * Answers the path without links. A directory that is made here is for this user alone; one that exists keeps its mode, for it may be
 * anybody's: all that lies in it is closed by itself. One that holds other things than a node's is refused.
 */
export async function makeDataDirectory(directory: string, fileSystem: FileSystem = nodeFileSystem): Promise<string> {
  if (directory === '')
    throw new GossipError('GOSSIP_E_USAGE', 'the data directory is empty', { advice: 'Name a directory with --data DIR.' });
  const path = resolve(directory);
  try {
    await makeDirectories(path, { fileSystem });
    const dir = await realpath(path);
    const stat = await fileSystem.lstat(dir);
    if (!stat.isDirectory()) throw Object.assign(new Error(`${dir} is a file`), { code: 'ENOTDIR' });
    await requireNodes(dir, await fileSystem.readdir(dir));
    return dir;
  } catch (thrown) {
    const coded = fileError(thrown, `use ${path}`);
    if (coded.code === 'GOSSIP_E_DISK' || thrown instanceof GossipError) throw coded;
    throw new GossipError('GOSSIP_E_DATA_UNWRITABLE', `cannot use ${path} as a data directory: ${errnoOf(thrown) ?? String(thrown)}`, {
      cause: thrown,
    });
  }
}

async function requireNodes(dir: string, names: readonly string[]): Promise<void> {
  const known = [...TRACES, ...BEGINNINGS];
  const foreign = names.find((name) => !isLitter(name));
  if (foreign === undefined || names.some((name) => known.includes(name) || isTemporary(name))) return;
  throw new GossipError('GOSSIP_E_DATA_UNWRITABLE', `${dir} is no node's: it holds other things, such as '${foreign}'`, {
    advice: 'Name a directory that is empty, or does not exist, with --data DIR.',
  });
}
