/**
 * The process that a node of a lab runs in, whoever started it: a node that was killed or drained may have been started again by hand. It is found by
 * the lock of its data directory, which ends with its holder, and ended by pid and start time.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { holderOfDirectory } from '../core/store/files/lock.ts';
import { GossipError } from '../model/errors.ts';
import type { LabNode } from './lab-file.ts';
import { endProcess, identify, isAlive, isEnding } from './process.ts';
import type { ProcessId } from './process.ts';

/** Whoever has just taken the lock names himself at once; a command that tried it, or a process that ends, gives it back. */
const UNTOLD_MS = 3_000;
const LOOK_MS = 20;
/** A process takes the lock, or ends after it gave it back, much sooner, also where it waits for a processor. */
const UNSURE_MS = 20_000;
/** A node that is there again so often was started again by somebody who goes on with it. */
const MOST_ENDS = 3;

type Placed = Pick<LabNode, 'directory' | 'process'>;

/** Null where the node does not run. @throws GOSSIP_E_LAB where the process cannot be told */
export async function processOf({ directory, process }: Placed): Promise<ProcessId | null> {
  return process !== null && (await isAlive(process)) ? process : holderOf(directory);
}

/**
 * Whether the node runs, once that is sure: a process that does not hold the lock of its directory is about to take it, or has left and is about to end.
 * @throws GOSSIP_E_LAB where the process cannot be told
 */
export async function isRunning({ directory, process }: Placed): Promise<boolean> {
  const deadline = performance.now() + UNSURE_MS;
  const isAbout = async (): Promise<boolean> => process !== null && performance.now() < deadline && (await isAlive(process));
  while (await isAbout()) {
    if (lockedBy(directory) !== null) return true;
    await pause(LOOK_MS);
  }
  return (await processOf({ directory, process })) !== null;
}

/** Ends the node, gracefully or at once; false where it did not run. @throws GOSSIP_E_LAB where it cannot be ended */
export async function endNode(node: Placed & Pick<LabNode, 'name'>, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  let hasRun = false;
  for (let ends = 0; ends <= MOST_ENDS; ends += 1) {
    const process = await processOf(node);
    if (process === null) return hasRun;
    if (ends < MOST_ENDS) hasRun = (await endProcess(process, signal)) || hasRun;
  }
  throw new GossipError('GOSSIP_E_LAB', `${node.name} is started again whenever it is ended`, {
    advice: `End first what starts it, such as a service: it runs with ${node.directory}.`,
  });
}

/** The process that holds the lock of a data directory; null where none does. Never one that only has the number of such a process. */
export async function holderOf(directory: string, untoldMs = UNTOLD_MS): Promise<ProcessId | null> {
  const lock = join(directory, 'lock');
  const beganAt = performance.now();
  for (;;) {
    const pid = lockedBy(directory);
    if (pid === null) return null;
    // First who it is, then whether he has the lock: who comes to that number later is somebody else.
    const process = pid === 'unknown' ? null : await identify(pid);
    if (process !== null && (await hasOpen(process, lock))) return process;
    const waitedMs = performance.now() - beganAt;
    const isEnough = waitedMs > UNSURE_MS || (waitedMs > untoldMs && (pid === 'unknown' || !(await isEnding(pid))));
    if (isEnough) throw untold(directory, pid);
    await pause(LOOK_MS);
  }
}

function lockedBy(directory: string): number | 'unknown' | null {
  try {
    // Whoever looks at a lock makes its file.
    if (!existsSync(join(directory, 'lock'))) return null;
    return holderOfDirectory(directory);
  } catch (thrown) {
    if (thrown instanceof GossipError && thrown.code === 'GOSSIP_E_DATA_LOCKED') return 'unknown';
    throw thrown;
  }
}

/** What stands beside the lock may be older than its holder, or come from another namespace of processes. Without /proc there is nothing better to go by. */
async function hasOpen({ pid, started }: ProcessId, path: string): Promise<boolean> {
  if (started === '') return true;
  const [file, entries] = await Promise.all([stat(path).catch(() => null), readdir(`/proc/${pid}/fd`).catch(() => [])]);
  const open = await Promise.all(entries.map((entry) => stat(`/proc/${pid}/fd/${entry}`).catch(() => null)));
  return file !== null && open.some((one) => one !== null && one.dev === file.dev && one.ino === file.ino);
}

function untold(directory: string, pid: number | 'unknown'): GossipError {
  const named = pid === 'unknown' ? '' : `; as its lock has it, by process ${pid}`;
  return new GossipError('GOSSIP_E_LAB', `${directory} is in use by a process that cannot be told from here${named}`, {
    advice: 'It may be that of another user, or in a container: end it there, then try again.',
  });
}
