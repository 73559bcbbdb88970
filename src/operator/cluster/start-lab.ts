/** Starts a lab as a cluster of its own: the operator's keys, the nodes' membership, then the processes. */
import { makeDirectories } from '../../core/store/files/directories.ts';
import { onDisk } from '../../core/store/files/file-system.ts';
import { GossipError } from '../../model/errors.ts';
import type { Peer } from '../../model/names.ts';
import { Lab, requireUnused } from '../../lab/lab.ts';
import type { InspectedNode, LabOptions } from '../../lab/lab.ts';
import { requireIdle, takeTurn } from '../../lab/turn.ts';
import type { LabTurn } from '../../lab/turn.ts';
import { initCluster, makeJoinToken, openOperatorKey } from './clusters.ts';
import type { OperatorCluster } from './clusters.ts';
import type { Settings } from '../settings/settings.ts';

/** The token never leaves this process: long enough for the slowest machine. */
const TOKEN_MS = 3_600_000;

export interface StartLabOptions extends LabOptions {
  /** Told as each node becomes ready. */
  readonly onReady?: (name: string, ready: number, of: number) => void;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
  /** A node whose module debuggers may come into. */
  readonly inspect?: InspectedNode | undefined;
}

/** Makes the lab the operator's current cluster. When a node cannot start, or the start is given up, all are ended again. */
export async function startLab(settings: Settings, options: StartLabOptions): Promise<Lab> {
  await settings.makeHome();
  const turn = await turnFor(options.directory);
  try {
    return await startInTurn(settings, options);
  } finally {
    turn.release();
  }
}

/** Whoever comes second is told that a lab is on its way, and not what the first has made so far; in a directory of others nothing is made. */
async function turnFor(directory: string): Promise<LabTurn> {
  await onDisk(makeDirectories(directory), `make ${directory}`);
  try {
    await requireUnused(directory);
  } catch {
    requireIdle(directory);
    // As it is by now: who was at work may just have come to an end.
    await requireUnused(directory);
  }
  return takeTurn(directory);
}

async function startInTurn(settings: Settings, options: StartLabOptions): Promise<Lab> {
  const lab = await Lab.prepare(options);
  const peers = lab.nodes.map(({ id, address, name }): Peer => ({ id, address, name }));
  const cluster = await makeCluster(settings, lab, peers, options);
  try {
    const key = await openOperatorKey(cluster, { passphrase: unencrypted });
    await lab.join(makeJoinToken(cluster, key, { validMs: TOKEN_MS, now: Date.now() }).token);
    let ready = 0;
    await lab.start(
      peers.map(({ name }) => name),
      { signal: options.signal, inspect: options.inspect, onReady: (name) => options.onReady?.(name, (ready += 1), peers.length) },
    );
    return lab;
  } catch (error) {
    await lab.down();
    await settings.forget(options.name);
    // Of a start that failed the directory is kept: the nodes' logs in it say why.
    if (options.signal?.aborted === true) await lab.remove();
    throw error;
  }
}

async function makeCluster(settings: Settings, lab: Lab, peers: readonly Peer[], options: StartLabOptions): Promise<OperatorCluster> {
  const members = { rendezvous: peers.slice(0, options.rendezvous), nodes: peers.slice(options.rendezvous) };
  try {
    return await initCluster(settings, { name: options.name, directory: lab.operatorDirectory, ...members });
  } catch (error) {
    await lab.remove();
    throw error;
  }
}

function unencrypted(path: string): Promise<string> {
  throw new GossipError('GOSSIP_E_PASSPHRASE', `${path} is encrypted, though labs make their keys without a passphrase`);
}
