/** `gossip node run` itself, whoever parsed its flags: a node that runs until something ends it. */
import { resolve } from 'node:path';
import { runNode } from '../core/run.ts';
import type { ReadyInfo, RunOptions } from '../core/run.ts';
import type { DoorWishes } from '../core/door/open.ts';
import { checkSocketPath } from '../core/door/socket.ts';
import { checkHandlers, parseHandler } from '../core/event-handlers/wish.ts';
import type { HandlerWish } from '../core/event-handlers/wish.ts';
import { isLoopbackListen, parseListen } from '../core/transport/server/listen.ts';
import { addressForPeers } from '../model/address.ts';
import { errorAbout, GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import { safeText } from '../model/safe-text.ts';
import type { OneNodeCluster } from '../operator/cluster/one-node-cluster.ts';
import { given, nameOfValue } from '../process/environment.ts';
import type { TrustedRoot } from '../trust/root.ts';
import { parseToken } from '../trust/token.ts';
import { endWithoutReaders } from '../process/output.ts';
import { awaitEnding } from './endings.ts';
import { MEBIBYTE, NODE_FLAGS } from './flags.ts';
import type { NodeFlags } from './flags.ts';
import { startOfNode } from './node-start.ts';
import { chooseProxy } from './proxy-choice.ts';
import { readRoot } from './root-source.ts';
import { readToken } from './token-source.ts';

export interface NodeCommand {
  readonly flags: NodeFlags;
  /** As they were typed: a proxy's password in them is there for everybody to see. */
  readonly words: readonly string[];
  /** Output in JSON: no remarks. */
  readonly json: boolean;
}

/** Resolves when the node has ended in order. */
export async function runFromFlags(command: NodeCommand): Promise<void> {
  const endings = awaitEnding();
  endings.claim();
  endWithoutReaders();
  try {
    // What is given may come from a terminal or a pipe that says nothing: whoever wants to end the node does not wait for it.
    const wanted = await Promise.race([wantedBy(command), endings.ended]);
    if (wanted === undefined) return;
    const node = await start(wanted, command);
    await endings.ended;
    await node.stop();
  } finally {
    endings.release();
  }
}

/** What the flags say, read and checked: nothing is made on the disk before all of it holds. */
interface Wanted extends Pick<RunOptions, 'peers' | 'modules' | 'handlers'>, Partial<Pick<RunOptions, 'proxy' | 'direct'>> {
  readonly token: string | undefined;
  readonly root: TrustedRoot | undefined;
}

async function wantedBy(command: NodeCommand): Promise<Wanted> {
  const { flags, words } = command;
  requireOneWay(flags);
  const onCommandLine = words.some((word) => word.startsWith('--proxy'));
  await named('listen', words, () => parseListen(flags.listen));
  await named('app-listen', words, () => flags['app-listen'] !== undefined && checkLoopback(flags['app-listen']));
  await named('app-socket', words, () => flags['app-socket'] !== undefined && checkSocketPath(resolve(flags['app-socket'])));
  await named('advertise', words, () => flags.advertise !== undefined && addressForPeers(flags.advertise));
  const { proxy, direct, remarks } = await chooseProxy({ proxy: flags.proxy, direct: flags.direct, onCommandLine }, process.env);
  const peers = await named('peer', words, () => (flags.peer ?? []).map(addressForPeers));
  const modules = await named('modules', words, () => modulesIn(flags.modules));
  const handlers = await named('on', words, () => handlersIn(flags.on ?? [], modules));
  for (const text of remarks) remark(text, command);
  return {
    ...(proxy !== undefined && { proxy, direct }),
    peers,
    modules,
    handlers,
    token: await tokenOf(command),
    root: await rootOf(command),
  };
}

/** A node begins in one way. */
function requireOneWay({ found, join, root }: NodeFlags): void {
  const both = (one: string, does: string, other: string, enters: string): GossipError =>
    new GossipError(
      'GOSSIP_E_USAGE',
      `--${one} ${does}, --${other} ${enters}: both are given, as flags or by GOSSIP_${one.toUpperCase()} and GOSSIP_${other.toUpperCase()}`,
      { advice: 'Leave one of them out.' },
    );
  if (found === true && join !== undefined) throw both('found', 'begins a new cluster', 'join', 'enters one');
  if (found === true && root !== undefined) throw both('found', 'begins a new cluster', 'root', 'enters one');
  if (join !== undefined && root !== undefined) throw both('join', 'enters a cluster by a token', 'root', 'without one');
}

/** Without TLS, and with a token that anybody could read on the way. */
function checkLoopback(text: string): void {
  if (isLoopbackListen(text)) return;
  throw new GossipError('GOSSIP_E_ADDRESS', `'${text}' is no loopback address`, {
    advice: 'Applications are served on this machine alone: give 127.0.0.1:PORT or [::1]:PORT.',
  });
}

function modulesIn(text: string): RunOptions['modules'] {
  return text === 'all' ? 'all' : text.split(',').map((module) => parseModuleName(module.trim()));
}

async function handlersIn(texts: readonly string[], modules: RunOptions['modules']): Promise<readonly HandlerWish[]> {
  const wishes = texts.map(parseHandler);
  await checkHandlers(wishes, (module) => modules === 'all' || modules.includes(module));
  return wishes;
}

async function start({ token, root, ...wanted }: Wanted, command: NodeCommand): ReturnType<typeof runNode> {
  const { flags } = command;
  const begun = await startOfNode({ ...wishesOf(flags), token, isGivenRoot: root !== undefined }, openSettings);
  if (begun.founded !== null) sayFounded(begun.founded, begun.dataDir, command);
  return runNode({
    ...wanted,
    ...(begun.name !== undefined && { name: begun.name }),
    dataDir: begun.dataDir,
    listen: begun.listen,
    ...(flags.advertise !== undefined && { advertise: flags.advertise }),
    ...(begun.token !== undefined && { token: begun.token }),
    ...(root !== undefined && { root }),
    intervalMs: flags.interval,
    ...(flags.quota !== undefined && { quotaBytes: flags.quota * MEBIBYTE }),
    spareHost: flags['no-spare-host'] !== true,
    leaveOnStop: flags['leave-on-stop'] === true,
    door: doorOf(flags),
    logLevel: flags['log-level'],
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

async function tokenOf(command: NodeCommand): Promise<string | undefined> {
  const { join } = command.flags;
  if (join === undefined) return undefined;
  if (join === '-' && process.stdin.isTTY) remark('Paste the join token, then press Enter and Ctrl-D.', command);
  return named('join', command.words, async () => {
    const token = await readToken(join);
    parseToken(token);
    return token;
  });
}

async function rootOf({ flags: { root }, words }: NodeCommand): Promise<TrustedRoot | undefined> {
  return root === undefined ? undefined : named('root', words, () => readRoot(root));
}

/** What is wrong with a value is said under the name of its flag or variable. */
async function named<Value>(flag: keyof NodeFlags, words: readonly string[], read: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (thrown) {
    throw thrown instanceof GossipError ? errorAbout(nameOfValue(flag, NODE_FLAGS[flag].env, words), thrown) : thrown;
  }
}

async function openSettings() {
  const settings = await import('../operator/settings/settings.ts');
  return settings.openSettings();
}

function sayFounded({ cluster, before }: OneNodeCluster, dataDir: string, command: NodeCommand): void {
  const instead = before === null ? '' : ` instead of '${before}' (back: gossip cluster use ${before})`;
  remark(
    `Made the cluster '${cluster.name}' of this one node, now the current one${instead}; its keys are in ${cluster.directory}.`,
    command,
  );
  remark(`The node's data is in ${dataDir}. Next: gossip deploy --module membership`, command);
}

function ready(info: ReadyInfo, founded: OneNodeCluster | null, command: NodeCommand): void {
  const { name, id, address, door } = info;
  const line = command.json
    ? JSON.stringify({
        event: 'ready',
        name,
        id,
        address,
        appSocket: door.socket,
        appAddress: door.address,
        ...(founded !== null && { founded: founded.cluster.name }),
      })
    : safeText(`ready: ${name} at ${address} (${id})`);
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
