/** The cluster that `gossip node run` makes when nothing is set up: one node on loopback, signed and encrypted like any other. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { advertisedAddress, parseListen } from '../../core/transport/server/listen.ts';
import { nodeIdentity } from '../../core/admission/node-identity.ts';
import { portError } from '../../core/transport/server/port-error.ts';
import { makeDataDirectory } from '../../core/store/data-directory.ts';
import { makeDirectories } from '../../core/store/files/directories.ts';
import { onDisk } from '../../core/store/files/file-system.ts';
import { holderOfDirectory } from '../../core/store/files/lock.ts';
import { GossipError } from '../../model/errors.ts';
import { splitAddress } from '../../model/address.ts';
import type { HostAndPort } from '../../model/address.ts';
import type { NodeId, Peer } from '../../model/names.ts';
import { initCluster, makeJoinToken, openCluster, openKeyInDirectory } from './clusters.ts';
import type { OperatorCluster } from './clusters.ts';
import { lockPatiently } from '../files/one-writer.ts';
import type { Settings } from '../settings/settings.ts';

export interface OneNodeCluster {
  readonly cluster: OperatorCluster;
  /** Whether it was made now, and not by an earlier start of this node that came to nothing. */
  readonly isNew: boolean;
  /** The current cluster before; null where there was none, or it was this one. */
  readonly before: string | null;
  /** With this the node joins; valid for minutes. */
  readonly token: string;
  /** Where the node must listen, and what the root says of it. */
  readonly listen: string;
}

const TOKEN_VALID_MS = 10 * 60_000;

/** Makes a cluster whose one rendezvous node is the node of this data directory. */
export async function makeOneNodeCluster(
  settings: Settings,
  node: {
    readonly name: string;
    readonly dataDir: string;
    readonly listen: string;
    readonly advertise: string | undefined;
    readonly passphrase?: string | undefined;
  },
): Promise<OneNodeCluster> {
  const bound = await fixedPort(parseListen(node.listen));
  const address = advertisedAddress(bound, node.advertise);
  const dataDir = await makeDataDirectory(node.dataDir);
  const { passphrase } = node;
  const { cluster, isNew, before } = await inTurn(settings.home, dataDir, async () => {
    // Of two that made it at once, the later would take the place of the one that a root names already.
    const { id } = await nodeIdentity(dataDir);
    const current = settings.current();
    const earlier = await foundedFor(settings, id);
    const begun =
      earlier ??
      (await initCluster(settings, { name: settings.freeName('local'), rendezvous: [{ id, name: node.name, address }], passphrase }));
    if (earlier !== null) await settings.use(earlier.name);
    return { cluster: begun, isNew: earlier === null, before: current === begun.name ? null : current };
  });
  const key = await openKeyInDirectory(cluster, { passphrase: () => Promise.resolve(passphrase ?? '') });
  const { token } = makeJoinToken(cluster, key, { validMs: TOKEN_VALID_MS, now: Date.now() });
  const port = portOf(cluster, node.listen) ?? bound.port;
  return { cluster, isNew, before, token, listen: bound.host.includes(':') ? `[${bound.host}]:${port}` : `${bound.host}:${port}` };
}

/**
 * The cluster that was founded for a node of this id, and in which it does not run yet: by another start at the same moment, or by one that was killed before its node had begun.
 * A second one would have no node. Null where there is none.
 */
async function foundedFor(settings: Settings, id: NodeId): Promise<OperatorCluster | null> {
  for (const name of Object.keys(settings.clusters())) {
    // One that is damaged or was made elsewhere is a matter of the commands that use it.
    const cluster = await openCluster(settings, name).catch(() => null);
    const [only, ...others] = cluster?.root.root.rendezvous ?? [];
    if (cluster !== null && only?.id === id && others.length === 0) return cluster;
  }
  return null;
}

/** Of a port that nobody chose the root has said which it is. */
function portOf({ root: { root } }: OperatorCluster, listen: string): number | null {
  const [node] = root.rendezvous;
  return parseListen(listen).port === 0 && node !== undefined ? splitAddress(node.address).port : null;
}

/** Of two that found at once, each takes a name of its own; where it is for the same data directory, the second takes what the first has founded, or is refused once that node runs. */
async function inTurn<Found>(home: string, dataDir: string, found: () => Promise<Found>): Promise<Found> {
  const directory = join(home, 'clusters');
  await onDisk(makeDirectories(directory), `make ${directory}`);
  const unlock = await lockPatiently(directory, { what: 'the clusters', advice: 'Set GOSSIP_HOME to a directory of your own.' });
  try {
    const holder = holderOfDirectory(dataDir);
    if (holder !== null) throw new GossipError('GOSSIP_E_DATA_LOCKED', `${dataDir} is in use by process ${holder}`);
    return await found();
  } finally {
    unlock();
  }
}

/**
 * Tells the settings when a rendezvous node of one of their clusters listens elsewhere than its root says: a node on this
 * machine that was restarted with another address. Without it, commands would look for it in the old place.
 */
export async function rememberMove(settings: Settings, node: Peer & { readonly cluster: string }): Promise<void> {
  for (const [name, entry] of Object.entries(settings.clusters())) {
    if (entry.cluster !== node.cluster) continue;
    const { root, nodes } = await openCluster(settings, name);
    const expected = [...root.root.rendezvous, ...nodes].findLast(({ id }) => id === node.id);
    if (expected === undefined || expected.address === node.address) continue;
    const { id, address } = node;
    const moved = { id, address, name: node.name };
    await settings.update(name, (now) => ({ ...now, nodes: [...now.nodes.filter((other) => other.id !== id), moved] }));
  }
}

/** The id of a data directory; makes directory and key when they are absent. */
export async function identityIn(dataDir: string): Promise<NodeId> {
  return (await nodeIdentity(await makeDataDirectory(dataDir))).id;
}

/** The root must name an address that can be listened on: port 0 is replaced by a free one, a taken port refused before anything is made. */
function fixedPort({ host, port: wanted }: HostAndPort): Promise<HostAndPort> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (cause) => reject(portError(host, wanted, cause)));
    probe.listen(wanted, host, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve({ host, port }));
    });
  });
}
