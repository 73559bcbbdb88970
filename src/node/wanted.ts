/** What the flags of a node ask for, read and checked: nothing is made on the disk before all of it holds. */
import { resolve } from 'node:path';
import type { RunOptions } from '../core/run.ts';
import { parseSources } from '../core/discovery/wish.ts';
import { checkSocketPath } from '../core/door/socket.ts';
import { checkHandlers, parseHandler } from '../core/event-handlers/wish.ts';
import type { HandlerWish } from '../core/event-handlers/wish.ts';
import { parseMetricsWish } from '../core/metrics/wish.ts';
import { isLoopbackListen, parseListen } from '../core/transport/server/listen.ts';
import { addressForPeers } from '../model/address.ts';
import { GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import type { TrustedRoot } from '../trust/root.ts';
import { parseToken } from '../trust/token.ts';
import type { InForce } from './in-force.ts';
import { chooseProxies } from './proxy-choice.ts';
import { readRoot } from './root-source.ts';
import { readToken } from './token-source.ts';

export interface Wanted
  extends Pick<RunOptions, 'peers' | 'joinFrom' | 'modules' | 'handlers' | 'metrics'>, Partial<Pick<RunOptions, 'direct'>> {
  readonly proxies: readonly string[];
  /** What the operator should hear. */
  readonly remarks: readonly string[];
}

const SAFE =
  'This node runs no module (--safe): it gossips and passes code on. Start it without, or take it out of the configuration file, to have them run again.';

/** All but the token. */
export async function wantedBy(now: InForce): Promise<Wanted> {
  const { flags } = now;
  requireOneWay(now);
  await now.named('listen', () => parseListen(flags.listen));
  await now.named('app-listen', () => flags['app-listen'] !== undefined && checkLoopback(flags['app-listen']));
  await now.named('app-socket', () => flags['app-socket'] !== undefined && checkSocketPath(resolve(flags['app-socket'])));
  await now.named('advertise', () => flags.advertise !== undefined && addressForPeers(flags.advertise));
  const peers = await now.named('peer', () => (flags.peer ?? []).map(addressForPeers));
  const joinFrom = await now.named('join-from', () => parseSources(flags['join-from'] ?? []));
  const { proxies, direct, remarks } = await now.named(flags.proxy === undefined ? 'direct' : 'proxy', () => proxyOf(now));
  const modules = await now.named('modules', () => modulesIn(flags.modules));
  const handlers = await now.named('on', () => handlersIn(flags.on ?? [], modules));
  const metrics = await now.named('metrics', () => (flags.metrics === undefined ? undefined : parseMetricsWish(flags.metrics)));
  return {
    proxies,
    ...(proxies.length > 0 && { direct }),
    peers,
    joinFrom,
    // What was chosen is checked all the same: it is in force again without --safe.
    modules: flags.safe === true ? [] : modules,
    handlers,
    metrics,
    remarks: [...remarks, ...(flags.safe === true ? [SAFE] : [])],
  };
}

/** The token, read from wherever it lies; `waiting` is called before somebody is waited for who types it. */
export async function tokenWanted(now: InForce, waiting: () => void): Promise<string | undefined> {
  const { join } = now.flags;
  if (join === undefined) return undefined;
  if (join === '-' && process.stdin.isTTY) waiting();
  return now.named('join', async () => {
    const token = await readToken(join);
    parseToken(token);
    return token;
  });
}

/** The root of the file that a node comes with in the place of a token. */
export async function rootWanted(now: InForce): Promise<TrustedRoot | undefined> {
  const { root } = now.flags;
  return root === undefined ? undefined : now.named('root', () => readRoot(root));
}

/** A node begins in one way. */
function requireOneWay(now: InForce): void {
  const { found, join, root } = now.flags;
  const both = (one: 'found' | 'join', does: string, other: 'join' | 'root', enters: string): GossipError =>
    new GossipError(
      'GOSSIP_E_USAGE',
      `--${one} ${does}, --${other} ${enters}: both are given, by ${now.nameOf(one)} and ${now.nameOf(other)}`,
      {
        advice: 'Leave one of them out.',
      },
    );
  if (found === true && join !== undefined) throw both('found', 'begins a new cluster', 'join', 'enters one');
  if (found === true && root !== undefined) throw both('found', 'begins a new cluster', 'root', 'enters one');
  if (join !== undefined && root !== undefined) throw both('join', 'enters a cluster by a token', 'root', 'without one');
}

function proxyOf({ flags, originOf }: InForce): ReturnType<typeof chooseProxies> {
  return chooseProxies({ proxies: flags.proxy ?? [], direct: flags.direct, onCommandLine: originOf('proxy') === 'flag' }, process.env);
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
