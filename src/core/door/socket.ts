/** The Unix socket of the door: where it may be, what a crash left in its place, and who may open it. */
import { chmodSync, chownSync, lstatSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH_BYTES } from '../../api/apps.ts';
import { GossipError } from '../../model/errors.ts';

export interface SocketPlace {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Name or number of the group that it belongs to; undefined: the process's own. */
  readonly group?: string | undefined;
}

/** For this user alone, or for a group where one is named. */
export const OWN_MODE = 0o600;
export const GROUP_MODE = 0o660;

/** Connections that may come at one moment: where it is full, a Unix socket refuses at once. */
const BACKLOG = 1_024;
const LOOK_MS = 1_000;

/** Throws where a path can be no socket's, before anything is made. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw doorError(`${path} has ${bytes} bytes, and the path of a socket at most ${MAX_SOCKET_PATH_BYTES}`, {
      advice: 'Give a shorter path with --app-socket, such as /run/gossip/app.sock, or none.',
    });
  }
  if (path.includes('\0')) throw doorError('the path of the socket holds a zero byte');
}

/** Listens; what a crash left behind is removed, what is in use or no socket is not. */
export async function listenOnSocket(server: Server, { path, mode, group }: SocketPlace): Promise<void> {
  checkSocketPath(path);
  checkDirectory(dirname(path));
  const gid = group === undefined ? undefined : groupNumber(group);
  await clear(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: Error): void => reject(doorError(`cannot listen at ${path}: ${cause.message}`, { cause }));
  server.once('error', fail);
  // The socket is made within this call: at no moment is it open to more than it will be.
  const before = process.umask(0o077 & ~mode);
  try {
    server.listen({ path, backlog: BACKLOG }, () => resolve());
  } finally {
    process.umask(before);
  }
  await promise;
  server.off('error', fail);
  try {
    if (gid !== undefined) chownSync(path, process.getuid?.() ?? -1, gid);
    chmodSync(path, mode);
  } catch (cause) {
    server.close();
    throw doorError(`${path} cannot be given to ${group ?? 'its user'} with mode ${mode.toString(8)}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Node says that it has no permission, where there is no directory (libuv, for the sake of Windows). */
function checkDirectory(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  throw doorError(`there is no directory ${directory} for the socket`, {
    advice: 'Make it first, or choose another path with --app-socket.',
  });
}

/** After a crash the socket lies there, and nobody listens. */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw doorError(`${path} is there, and no socket`);
  if (await answers(path)) throw doorError(`another program listens at ${path}`);
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path });
  socket.setTimeout(LOOK_MS);
  socket.once('connect', () => resolve(true));
  // Whoever does not take connections in time is there, too.
  socket.once('timeout', () => resolve(true));
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  return promise.finally(() => socket.destroy());
}

/** Node knows no names of groups. */
function groupNumber(group: string): number {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map((text) => text.split(':'))
    .find(([name]) => name === group);
  const number = Number(line?.[2]);
  if (line === undefined || !Number.isInteger(number)) throw doorError(`there is no group '${group}' in /etc/group`);
  return number;
}

function doorError(message: string, options: { readonly advice?: string; readonly cause?: unknown } = {}): GossipError {
  return new GossipError('GOSSIP_E_APP_SOCKET', message, options);
}
