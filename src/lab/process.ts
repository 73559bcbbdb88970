/** One node process of a lab: started detached, found again by pid and start time, ended by id only. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeDirectories } from '../core/store/files/directories.ts';
import { GossipError, isErrorCode } from '../model/errors.ts';

/** A process, and when it began: a pid alone may belong to somebody else by now. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot, from /proc; empty where there is none. */
  readonly started: string;
}

const ZOMBIE = 'Z';
const READY_MS = 30_000;
/** How long a node may take to stop gracefully. */
const STOP_MS = 8_000;
/** A node's own entry, which loads nothing that only other commands need; bundled in the build. And that of a node whose module debuggers may come into. */
const isBuilt = !import.meta.url.endsWith('.ts');
const PLAIN = programAt(isBuilt ? 'node-run.cjs' : 'node-run.ts');
const INSPECTED = programAt(isBuilt ? 'node-inspected.js' : 'node-inspected.ts');
/** As the launcher starts a node: sealed against debuggers, with little room for what is short-lived and few threads. */
const NODE_OPTIONS = ['--disable-sigusr1', '--max-semi-space-size=1', '--v8-pool-size=1'];
/** Few heaps of memory beside the one that works. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1', ...withoutDoors(process.env) };

/** Where debuggers come in, in the node's directory. */
export const INSPECTOR_SOCKET = 'inspector.sock';

/** Into the hosts of which module debuggers may come. */
export interface InspectionWish {
  readonly module: string;
  /** The URL below which they see the files of the code; with `/` at its end. */
  readonly sources: string;
}

/** A node that was started. */
export interface StartedProcess {
  readonly id: ProcessId;
  /** Rejects when it ended, or did not become ready in time; then it is ended. */
  readonly ready: Promise<void>;
}

/** Starts `gossip node run` in a process of its own. Its log goes to `node.log` in `directory`. */
export async function startNodeProcess(directory: string, flags: readonly string[], inspect?: InspectionWish): Promise<StartedProcess> {
  const program = inspect === undefined ? [PLAIN] : [INSPECTED, inspect.module, join(directory, INSPECTOR_SOCKET), inspect.sources];
  await makeDirectories(directory);
  const log = await open(join(directory, 'node.log'), 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...NODE_OPTIONS, ...program, 'node', 'run', '--json', '--data', directory, ...flags], {
      env: ENVIRONMENT,
      detached: true,
      stdio: ['ignore', 'pipe', log.fd],
    });
    const pid = await spawned(child);
    const up = untilReady(child, directory);
    // Whoever started it may still be busy when it fails.
    up.catch(() => undefined);
    return { id: { pid, started: (await startTime(pid)) ?? '' }, ready: up };
  } finally {
    await log.close();
  }
}

function programAt(entry: string): string {
  return fileURLToPath(new URL(`../${entry}`, import.meta.url));
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid as number));
    child.once('error', reject);
  });
}

/** Nothing of the node holds this process once it is ready, and the deadline of its start is none of its later life. */
async function untilReady(child: ChildProcess, directory: string): Promise<void> {
  let deadline: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const said: string[] = [];
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        said.push(line);
        if (isReady(line)) resolve();
      });
      child.once('error', reject);
      // 'close', not 'exit': only then everything that it printed has arrived.
      child.once('close', (code) => reject(failed(directory, said.join('\n'), `ended with exit code ${code}`)));
      deadline = setTimeout(() => {
        child.kill('SIGKILL');
        reject(failed(directory, '', `was not ready after ${READY_MS / 1_000} s`));
      }, READY_MS);
    });
  } finally {
    clearTimeout(deadline);
  }
  child.unref();
  child.stdout?.destroy();
}

function isReady(line: string): boolean {
  return parsed(line)?.['event'] === 'ready';
}

function failed(directory: string, said: string, what: string): GossipError {
  const error = parsed(said)?.['error'] as { code?: string; message?: string } | undefined;
  const code = error?.code && isErrorCode(error.code) ? error.code : 'GOSSIP_E_LAB';
  return new GossipError(code, error?.message ?? `the node in ${directory} ${what}`, { advice: `See ${join(directory, 'node.log')}.` });
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Whether exactly this process still runs. */
export async function isAlive({ pid, started }: ProcessId): Promise<boolean> {
  const now = await startTime(pid);
  return now !== null && (started === '' || now === started);
}

/** The process that has this number now; null where there is none. */
export async function identify(pid: number): Promise<ProcessId | null> {
  const started = await startTime(pid);
  return started === null ? null : { pid, started };
}

/** Sends a signal to exactly this process; false when it has ended. @throws GOSSIP_E_LAB where it is that of another user */
export async function signalProcess(id: ProcessId, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(id))) return false;
  try {
    process.kill(id.pid, signal);
    return true;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    throw new GossipError('GOSSIP_E_LAB', `process ${id.pid} cannot be sent ${signal}: ${message}`, {
      advice: 'Do it as the user that it runs as.',
      cause,
    });
  }
}

/** Ends the process: gracefully, and by force when that takes too long; false when it has ended before. */
export async function endProcess(id: ProcessId, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<boolean> {
  if (!(await signalProcess(id, signal))) return false;
  const deadline = performance.now() + STOP_MS;
  while (await isAlive(id)) {
    if (performance.now() > deadline) await signalProcess(id, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Whether a process has ended and is not gone: until its last thread has left, and each waits for a processor, what it had open is not closed. */
export async function isEnding(pid: number): Promise<boolean> {
  return (await fieldsOf(pid))?.[0] === ZOMBIE;
}

/** Field 22 of /proc/PID/stat, or null when there is no such process or it is a zombie. */
async function startTime(pid: number): Promise<string | null> {
  const fields = await fieldsOf(pid);
  if (fields === null) return process.platform === 'linux' || !exists(pid) ? null : '';
  return fields[0] === ZOMBIE ? null : (fields[19] ?? null);
}

/** Of /proc/PID/stat, from the state on. */
async function fieldsOf(pid: number): Promise<string[] | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whoever asks a node of this machine by these variables does not mean that all nodes of his lab listen there. */
function withoutDoors({
  GOSSIP_APP_SOCKET: _socket,
  GOSSIP_APP_LISTEN: _listen,
  GOSSIP_CONFIG: _config,
  NOTIFY_SOCKET: _socketOfManager,
  WATCHDOG_USEC: _watchdog,
  ...others
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return others;
}
