/** `gossip node run` itself, whoever parsed its flags: a node that runs until something ends it. */
import { resolve } from 'node:path';
import { runNode } from '../core/run.ts';
import type { ReadyInfo, RunOptions } from '../core/run.ts';
import type { DoorWishes } from '../core/door/open.ts';
import { safeText } from '../model/safe-text.ts';
import type { OneNodeCluster } from '../operator/cluster/one-node-cluster.ts';
import { given } from '../process/environment.ts';
import type { TrustedRoot } from '../trust/root.ts';
import { endWithoutReaders } from '../process/output.ts';
import { checkConfig } from './check-config.ts';
import { awaitEnding } from './endings.ts';
import type { NodeFlags } from './flags.ts';
import { readInForce } from './in-force.ts';
import { startOfNode } from './node-start.ts';
import { changeableOf, Reloading } from './reload.ts';
import type { Read } from './reload.ts';
import { serviceManagerOf, watchdogOf } from './service-manager.ts';
import { rootWanted, tokenWanted, wantedBy } from './wanted.ts';

export interface NodeCommand {
  readonly flags: NodeFlags;
  /** As they were typed: a proxy's password in them is there for everybody to see. */
  readonly words: readonly string[];
  /** Output in JSON: no remarks. */
  readonly json: boolean;
  /** Whose hosts debuggers may come into: said by the entry of a lab's node, and by no flag. */
  readonly inspection?: RunOptions['inspection'];
}

/** What `--json` prints once the node is ready. */
export interface ReadyLine {
  readonly event: 'ready';
  readonly name: string;
  readonly id: string;
  readonly address: string;
  /** The socket of the door for applications; null where there is none. */
  readonly appSocket: ReadyInfo['door']['socket'];
  readonly appAddress: ReadyInfo['door']['address'];
  /** Where metrics are told, with `--metrics`. */
  readonly metrics?: NonNullable<ReadyInfo['metrics']>;
  /** The cluster that was made for it. */
  readonly founded?: string;
}

/** Resolves when the node has ended in order. */
export async function runFromFlags(command: NodeCommand): Promise<void> {
  const endings = awaitEnding();
  endings.claim();
  endWithoutReaders();
  try {
    if (command.flags['check-config'] === true) return await check(command);
    // What is given may come from a terminal or a pipe that says nothing: whoever wants to end the node does not wait for it.
    const begun = await Promise.race([read(command), endings.ended]);
    if (begun === undefined) return;
    const node = await start(begun, command);
    endings.on('SIGUSR2', () => node.heed());
    const manager = serviceManagerOf(node);
    void manager?.ready(watchdogOf());
    const reloading = begun.now.file === null ? null : new Reloading(command, node, begun);
    const readAgain = async (): Promise<void> => reloading?.hangUp();
    endings.on('SIGHUP', () => void (manager === null ? readAgain() : manager.reload(readAgain)));
    await endings.ended;
    manager?.stopping();
    await node.stop();
  } finally {
    endings.release();
  }
}

interface Begun extends Read {
  readonly token: string | undefined;
  readonly root: TrustedRoot | undefined;
}

async function read(command: NodeCommand): Promise<Begun> {
  const now = await readInForce(command);
  const wanted = await wantedBy(now);
  for (const text of wanted.remarks) remark(text, command);
  const token = await tokenWanted(now, () => remark('Paste the join token, then press Enter and Ctrl-D.', command));
  return { now, wanted, token, root: await rootWanted(now) };
}

async function check(command: NodeCommand): Promise<void> {
  const { text, remarks } = await checkConfig(command, command.json, openSettings);
  for (const each of remarks) remark(each, command);
  process.stdout.write(`${text}\n`);
}

async function start({ token, root, ...said }: Begun, command: NodeCommand): ReturnType<typeof runNode> {
  const { flags } = said.now;
  const begun = await startOfNode({ ...wishesOf(flags), token, isGivenRoot: root !== undefined }, openSettings);
  if (begun.founded !== null) sayFounded(begun.founded, begun.dataDir, command);
  return runNode({
    ...changeableOf(said),
    ...(said.wanted.peers !== undefined && { peers: said.wanted.peers }),
    ...(said.wanted.metrics !== undefined && { metrics: said.wanted.metrics }),
    ...(begun.name !== undefined && { name: begun.name }),
    dataDir: begun.dataDir,
    listen: begun.listen,
    ...(flags.advertise !== undefined && { advertise: flags.advertise }),
    ...(begun.token !== undefined && { token: begun.token }),
    ...(root !== undefined && { root }),
    intervalMs: flags.interval,
    spareHost: flags['no-spare-host'] !== true,
    door: doorOf(flags),
    ...(command.inspection && { inspection: command.inspection }),
    logFormat: flags['log-format'] ?? (process.stderr.isTTY ? 'pretty' : 'json'),
    onReady: (info) => ready(info, begun.founded, command),
  });
}

function doorOf(flags: NodeFlags): DoorWishes {
  const place = flags['app-socket'];
  const socket = place === undefined || place === 'none' ? place : resolve(place);
  return { socket, mode: flags['app-socket-mode'], group: flags['app-socket-group'], listen: flags['app-listen'] };
}

function wishesOf({ name, data, listen, advertise, found = false }: NodeFlags) {
  return { name, data, listen, advertise, found, passphrase: given('GOSSIP_PASSPHRASE') };
}

async function openSettings() {
  const settings = await import('../operator/settings/settings.ts');
  return settings.openSettings();
}

function sayFounded({ cluster, isNew, before }: OneNodeCluster, dataDir: string, command: NodeCommand): void {
  const instead = before === null ? '' : ` instead of '${before}' (back: gossip cluster use ${before})`;
  const made = isNew
    ? `Made the cluster '${cluster.name}' of this one node`
    : `The cluster '${cluster.name}' was made for this node before it ran`;
  remark(`${made}, now the current one${instead}; its keys are in ${cluster.directory}.`, command);
  remark(`The node's data is in ${dataDir}. Next: gossip deploy --module membership`, command);
}

function ready(info: ReadyInfo, founded: OneNodeCluster | null, command: NodeCommand): void {
  const { name, id, address, door, metrics } = info;
  const json: ReadyLine = {
    event: 'ready',
    name,
    id,
    address,
    appSocket: door.socket,
    appAddress: door.address,
    ...(metrics !== null && { metrics }),
    ...(founded !== null && { founded: founded.cluster.name }),
  };
  const line = command.json ? JSON.stringify(json) : safeText(`ready: ${name} at ${address} (${id})`);
  process.stdout.write(`${line}\n`);
  void tellSettings(info, command);
}

/** The node runs all the same when there are no settings of an operator here, or when they cannot be read or written. */
async function tellSettings(info: ReadyInfo, command: NodeCommand): Promise<void> {
  try {
    const { rememberMove } = await import('../operator/cluster/one-node-cluster.ts');
    await rememberMove(await openSettings(), info);
  } catch (error) {
    remark(`The settings do not know the node's address: ${(error as Error).message}`, command);
  }
}

/** A line on stderr that is no part of the log. */
function remark(text: string, { json }: Pick<NodeCommand, 'json'>): void {
  if (!json) process.stderr.write(`${safeText(text)}\n`);
}
