/**
 * One command at a time starts or ends the lab of a directory. The lock lies in that directory, ends with its holder however that ends, and goes with the
 * lab: whoever got one that has been removed meanwhile has not got the directory's.
 */
import { constants, existsSync, rmSync, statSync } from 'node:fs';
import { open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeDirectories } from '../core/store/files/directories.ts';
import { onDisk } from '../core/store/files/file-system.ts';
import { holderOfDirectory, lockDirectory } from '../core/store/files/lock.ts';
import { GossipError } from '../model/errors.ts';
import { LAB_FILE } from './lab-file.ts';

const LOCK = 'lab.lock';
/** What lies in a directory that a command is at work on, or that one was killed in; the journal is SQLite's. */
export const TURN_FILES: readonly string[] = [LOCK, `${LOCK}.holder`, `${LOCK}-journal`];

/** A large lab may take longer to start: then whoever waits is told for whom. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 50;

export interface LabTurn {
  /** Lets the next one in. */
  release(): void;
}

export interface TurnWait {
  /** Told once when there is somebody to wait for. */
  readonly onWait?: ((text: string) => void) | undefined;
  readonly patienceMs?: number;
}

/** For who starts a lab; makes the directory. Waits for nobody: after him there would be another lab. @throws GOSSIP_E_LAB */
export async function takeTurn(directory: string): Promise<LabTurn> {
  for (;;) {
    await onDisk(makeDirectories(directory), `make ${directory}`);
    try {
      const turn = await tryTurn(directory);
      if (turn !== null) return turn;
    } catch (thrown) {
      if (isLocked(thrown)) throw busy(thrown.message, thrown);
      // The end of a lab removes its directory, too.
      if (existsSync(directory)) throw thrown;
    }
  }
}

/** For who ends the lab in a directory: waits for others; null where none is left then. @throws GOSSIP_E_LAB */
export async function awaitTurn(directory: string, { onWait, patienceMs = PATIENCE_MS }: TurnWait = {}): Promise<LabTurn | null> {
  let isTold = false;
  for (const deadline = performance.now() + patienceMs; hasLab(directory);) {
    try {
      const turn = await tryTurn(directory);
      if (turn !== null && hasLab(directory)) return turn;
      if (turn !== null) {
        turn.release();
        // It was not empty for who has just removed the lab from it.
        await removeEmpty(directory);
      }
    } catch (thrown) {
      if (!isLocked(thrown)) {
        if (hasLab(directory)) throw thrown;
        return null;
      }
      if (performance.now() > deadline) throw busy(thrown.message, thrown);
      if (!isTold) onWait?.(busy(thrown.message).message);
      isTold = true;
    }
    await pause(RETRY_MS);
  }
  return null;
}

/** Throws GOSSIP_E_LAB where another command is at work on a lab in the directory. Not for who has the turn. */
export function requireIdle(directory: string): void {
  if (!existsSync(join(directory, LOCK))) return;
  const holder = holderOfDirectory(directory, LOCK);
  if (holder !== null) throw busy(`${directory} is used by process ${holder}`);
}

/** Null where what was locked is the directory's lock no more. */
async function tryTurn(directory: string): Promise<LabTurn | null> {
  const path = join(directory, LOCK);
  await onDisk(touch(path), `make ${path}`);
  const mine = inodeOf(path);
  const lock = lockDirectory(directory, 0, LOCK);
  const isMine = (): boolean => mine !== null && inodeOf(path) === mine;
  if (!isMine()) {
    lock.release();
    return null;
  }
  return {
    release: () => {
      // Removed before it is given back: whoever waits for this one finds it gone, and takes the next.
      if (isMine()) for (const file of TURN_FILES) rmSync(join(directory, file), { force: true });
      lock.release();
    },
  };
}

async function touch(path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  await file.close();
}

/** Removes the directory of a lab unless something else lies there: files of somebody else, or the next command's. */
export async function removeEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
  });
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

function hasLab(directory: string): boolean {
  return existsSync(join(directory, LAB_FILE));
}

function isLocked(thrown: unknown): thrown is GossipError {
  return thrown instanceof GossipError && thrown.code === 'GOSSIP_E_DATA_LOCKED';
}

function busy(what: string, cause?: GossipError): GossipError {
  return new GossipError('GOSSIP_E_LAB', `a lab is being started or ended: ${what}`, {
    advice: 'Wait until that is done, or end that process; then try again.',
    ...(cause && { cause }),
  });
}
