/**
 * One node per data directory. The lock is the system's own (an fcntl lock, taken through SQLite, since Node offers none):
 * it ends with its holder, however that ends, so nobody ever cleans up by hand, and no reused process id is mistaken for the holder.
 */
import { closeSync, constants, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GossipError } from '../../../model/errors.ts';
import { readRegularFile } from './regular-file.ts';

const WRITE_PLAIN = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
/** SQLite's extended codes carry the primary one in their lowest byte. */
const PRIMARY_CODE = 0xff;

/** Two that try at the same moment may each see the other's attempt: one of them waits it out. */
const ATTEMPT_MS = 250;

/** Keeps what is locked from the garbage collector, which would close it, and so let others in. */
const held = new Set<DatabaseSync>();

export interface DirectoryLock {
  /** Lets the next one in; releasing twice is harmless. */
  release(): void;
}

/** Its file, where a directory has one lock. */
const LOCK = 'lock';

/** Takes the directory's lock, or says which process has it, after waiting this long for it with the thread held up. */
export function lockDirectory(directory: string, waitMs = ATTEMPT_MS, file = LOCK): DirectoryLock {
  const path = join(directory, file);
  const database = takeLock(path, directory, waitMs);
  held.add(database);
  nameHolder(path);
  return {
    release: () => {
      if (held.delete(database)) database.close();
    },
  };
}

/** The process that has the lock; null where nobody has it. Throws where that process cannot be told. */
export function holderOfDirectory(directory: string, file = LOCK): number | null {
  const path = join(directory, file);
  try {
    takeLock(path, directory, 0).close();
    return null;
  } catch (thrown) {
    if (!(thrown instanceof GossipError) || thrown.code !== 'GOSSIP_E_DATA_LOCKED') throw thrown;
    const holder = Number(holderOf(path));
    if (Number.isInteger(holder) && holder > 0) return holder;
    throw thrown;
  }
}

function takeLock(path: string, directory: string, waitMs: number): DatabaseSync {
  try {
    return open(path, waitMs);
  } catch (thrown) {
    if (resultOf(thrown) === SQLITE_BUSY) throw locked(directory, path, thrown);
    if (resultOf(thrown) !== SQLITE_NOTADB) throw unusable(directory, thrown);
  }
  // Something wrote into the file, whose content means nothing. Nobody holds the lock, or it would have been found busy.
  try {
    truncateSync(path);
    return open(path, waitMs);
  } catch (thrown) {
    throw resultOf(thrown) === SQLITE_BUSY ? locked(directory, path, thrown) : unusable(directory, thrown);
  }
}

/** A transaction that never ends and writes nothing: the file stays empty, and its lock is held. */
function open(path: string, waitMs: number): DatabaseSync {
  // SQLite would make it for all to read, and whoever may read it may hold the lock.
  closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600));
  const database = new DatabaseSync(path, { timeout: waitMs });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** For the message to whoever comes second; on a full disk that message says 'unknown', and the node starts all the same. */
function nameHolder(path: string): void {
  try {
    const file = openSync(holderPath(path), WRITE_PLAIN, 0o600);
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
  } catch {
    rmSync(holderPath(path), { recursive: true, force: true });
  }
}

function holderPath(path: string): string {
  return `${path}.holder`;
}

function resultOf(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'errcode' in thrown ? Number(thrown.errcode) & PRIMARY_CODE : undefined;
}

function locked(directory: string, path: string, cause: unknown): GossipError {
  return new GossipError('GOSSIP_E_DATA_LOCKED', `${directory} is used by process ${holderOf(path)}`, { cause });
}

function holderOf(path: string): string {
  try {
    const pid = /^\d{1,10}$/m.exec(readRegularFile(holderPath(path), { maxBytes: 1_024, code: 'GOSSIP_E_DATA_LOCKED' }).toString());
    return pid?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function unusable(directory: string, cause: unknown): GossipError {
  if (resultOf(cause) === SQLITE_FULL) return new GossipError('GOSSIP_E_DISK', `cannot lock ${directory}: the disk is full`, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new GossipError('GOSSIP_E_DATA_UNWRITABLE', `cannot lock ${directory}: ${why}`, { cause });
}
