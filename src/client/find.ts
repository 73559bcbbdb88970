/** Where the door of this machine's node is: as it was said, or where nodes make it by themselves. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { APP_SOCKET } from '../api/apps.ts';
import { GossipError } from '../model/errors.ts';
import { given } from '../process/environment.ts';
import type { Environment } from '../process/environment.ts';
import { operatorHome } from '../process/home.ts';

/** Where nodes lie below a home: `gossip node run` makes them in `nodes`, `gossip lab up` in a directory of each lab. */
const NODES = 'nodes';
const LABS = 'labs';
/** How labs call these. */
const RENDEZVOUS = 'rendezvous';

/** A node of this machine that may have a door. */
interface Found {
  readonly name: string;
  readonly socket: string;
}

/** Which node of this machine is meant. */
export interface Wanted {
  /** The socket itself. */
  readonly socket?: string | undefined;
  /** The data directory of its node. */
  readonly data?: string | undefined;
  /** The node's name, where there are several below the home. */
  readonly node?: string | undefined;
}

/** By the socket, the data directory, `GOSSIP_APP_SOCKET`, `GOSSIP_DATA`, or else the one node below the home; where several are, the first rendezvous node of a lab, as other commands choose. */
export function findSocket(wanted: Wanted = {}, environment: Environment = process.env): string {
  const { node } = wanted;
  if (wanted.socket !== undefined) return wanted.socket;
  if (wanted.data !== undefined) return join(wanted.data, APP_SOCKET);
  const [socket, data] = [given('GOSSIP_APP_SOCKET', environment), given('GOSSIP_DATA', environment)];
  if (node === undefined && socket !== undefined && socket !== 'none') return socket;
  if (node === undefined && data !== undefined) return join(data, APP_SOCKET);
  return chosen(operatorHome(environment), node);
}

function chosen(home: string, node: string | undefined): string {
  const own = nodesIn(join(home, NODES));
  const labs = directoriesIn(join(home, LABS)).map((lab) => nodesIn(join(home, LABS, lab)));
  const all = [own, ...labs].flat();
  const named = node === undefined ? all : all.filter(({ name }) => name === node);
  const [first, second] = named;
  // The nodes of one lab hold the same: any will do, and other commands ask a rendezvous node, too.
  const isOneLab = node === undefined && own.length === 0 && labs.filter((lab) => lab.length > 0).length === 1;
  if (first !== undefined && isOneLab) return (named.find(({ name }) => name.startsWith(RENDEZVOUS)) ?? first).socket;
  if (first !== undefined && second === undefined) return first.socket;
  if (first === undefined) throw nobody(home, node, all);
  throw new GossipError(
    'GOSSIP_E_NODE_UNKNOWN',
    `${named.length} nodes of this machine have a door: ${named.map(({ socket }) => socket).join(', ')}`,
    {
      advice: 'Say which: by its socket, or by the data directory of its node.',
    },
  );
}

function nobody(home: string, node: string | undefined, all: readonly Found[]): GossipError {
  const whom = node === undefined ? 'no node' : `no node '${node}'`;
  const others =
    all.length === 0
      ? ''
      : `; there is ${all
          .slice(0, 10)
          .map(({ name }) => name)
          .join(', ')}${all.length > 10 ? ', …' : ''}`;
  return new GossipError('GOSSIP_E_UNREACHABLE', `${whom} below ${home} has a door for applications${others}`, {
    advice: "Start one with 'gossip node run', or say where it is: --app-socket PATH, or --data DIR.",
  });
}

/** Those with a socket: whether anybody listens there is found out by calling. */
function nodesIn(directory: string): Found[] {
  return directoriesIn(directory)
    .map((name) => ({ name, socket: join(directory, name, APP_SOCKET) }))
    .filter(({ name }) => namesIn(join(directory, name)).includes(APP_SOCKET));
}

function directoriesIn(directory: string): string[] {
  return namesIn(directory, true);
}

function namesIn(directory: string, onlyDirectories = false): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !onlyDirectories || entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch {
    // It is not there, or is somebody else's.
    return [];
  }
}
