/** Lets one set-up or build at a time work on this checkout, of however many npm runs are started together. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
const PATIENCE_MS = 10 * 60_000;

/**
 * @template T
 * @param {string} path the lock file; it holds the process id of its holder
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  await acquire(path);
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    release();
    process.off('exit', release);
  }
}

/** @param {string} path */
async function acquire(path) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!tryAcquire(path)) {
    const holder = readHolder(path);
    if (holder !== undefined && !isAlive(holder)) bury(path, holder);
    else if (Date.now() > deadline) throw new Error(`another set-up holds ${path}; if none runs, remove the file`);
    else await sleep(POLL_MS);
  }
}

/** @param {string} path */
function tryAcquire(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a process that is gone. Two waiters may come here for the same lock: the slower one has then
 * moved away the new lock of the faster one, sees that by its content, and puts it back.
 * @param {string} path
 * @param {number} holder
 */
function bury(path, holder) {
  const grave = `${path}.${process.pid}`;
  try {
    renameSync(path, grave);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readHolder(grave) === holder) rmSync(grave);
  else renameSync(grave, path);
}

/**
 * @param {string} path
 * @returns {number | undefined} undefined when there is no lock, or its maker has not yet written its id
 */
function readHolder(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {number} id */
function isAlive(id) {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
