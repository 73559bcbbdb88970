/**
 * The flags of `gossip node run`, defined once: the node parses words, variables and its configuration file by this table, and the full program
 * makes its help, man page and errors from it.
 */
import { MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '../gossip/timing.ts';
import { parseDurationWithin } from '../model/duration.ts';
import { GossipError } from '../model/errors.ts';
import { LOG_LEVELS } from '../model/log-level.ts';
import type { LogLevel } from '../model/log-level.ts';
import { parseNodeName } from '../model/names.ts';
import type { NodeFlag } from './flag-kinds.ts';
import {
  behindAt,
  behindEquals,
  behindKind,
  duration,
  octal,
  path,
  pathOfMetrics,
  pathOrNone,
  withoutPassword,
  withoutToken,
} from './flag-values.ts';

export const MEBIBYTE = 1024 ** 2;
const LOG_FORMATS = ['json', 'pretty'] as const;

/** Permission bits in octal; a socket that nobody may open is refused. */
function parseSocketMode(text: string): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0;
  if ((mode & 0o200) !== 0) return mode;
  throw new GossipError('GOSSIP_E_USAGE', `'${text}' is no mode of a socket`, {
    advice: 'Give three octal digits, as in 660; the owner must be able to write.',
  });
}

/** As they were given, parsed one by one. */
export interface NodeFlags {
  readonly config?: string | undefined;
  readonly 'check-config'?: boolean | undefined;
  readonly name?: string | undefined;
  readonly data?: string | undefined;
  readonly listen: string;
  readonly advertise?: string | undefined;
  /** The token, or where it is read from. */
  readonly join?: string | undefined;
  /** Path of the file that holds it. */
  readonly root?: string | undefined;
  readonly found?: boolean | undefined;
  readonly peer?: readonly string[] | undefined;
  readonly 'join-from'?: readonly string[] | undefined;
  readonly proxy?: readonly string[] | undefined;
  readonly direct?: string | undefined;
  /** Milliseconds. */
  readonly interval: number;
  readonly modules: string;
  readonly safe?: boolean | undefined;
  /** MiB. */
  readonly quota?: number | undefined;
  readonly 'no-spare-host'?: boolean | undefined;
  readonly 'leave-on-stop'?: boolean | undefined;
  readonly 'app-socket'?: string | undefined;
  /** Permission bits. */
  readonly 'app-socket-mode'?: number | undefined;
  readonly 'app-socket-group'?: string | undefined;
  readonly 'app-listen'?: string | undefined;
  readonly metrics?: string | undefined;
  readonly on?: readonly string[] | undefined;
  readonly 'log-level': LogLevel;
  readonly 'log-format'?: (typeof LOG_FORMATS)[number] | undefined;
}

/** In the order of the help. */
export const NODE_FLAGS: Readonly<Record<keyof NodeFlags, NodeFlag>> = {
  config: {
    kind: 'text',
    summary: 'Configuration file, TOML or JSON: its keys are the names of these flags. Flags and variables stand above it.',
    helpValue: 'FILE',
    env: 'GOSSIP_CONFIG',
    onlyTyped: true,
  },
  'check-config': {
    kind: 'switch',
    summary: 'Check all that is given, say what would be in force and where it comes from, and start nothing.',
    onlyTyped: true,
  },
  name: {
    kind: 'text',
    summary: 'Name of the node, for people; kept in the data directory. By default the host name.',
    helpValue: 'NAME',
    env: 'GOSSIP_NAME',
    parse: parseNodeName,
  },
  data: {
    kind: 'text',
    summary: 'Data directory; by default nodes/NAME beside the settings.',
    helpValue: 'DIR',
    env: 'GOSSIP_DATA',
    at: path,
  },
  listen: {
    kind: 'text',
    summary: 'Literal IP address and port to listen on; port 0 takes a free one.',
    helpValue: 'IP:PORT',
    env: 'GOSSIP_LISTEN',
    default: '127.0.0.1:7946',
  },
  advertise: {
    kind: 'text',
    summary: 'Address at which the others call this node, when it differs from --listen.',
    helpValue: 'IP:PORT',
    env: 'GOSSIP_ADVERTISE',
  },
  join: {
    kind: 'text',
    summary: 'Join token; needed once. @FILE or - (standard input) keep it out of the list of processes.',
    helpValue: 'TOKEN|@FILE|-',
    env: 'GOSSIP_JOIN',
    at: behindAt,
    show: withoutToken,
  },
  root: {
    kind: 'text',
    summary: "In the place of a token, for a node that 'gossip admit ID' lets in: the file of 'gossip cluster export'; needed once.",
    helpValue: 'FILE',
    env: 'GOSSIP_ROOT',
    at: path,
  },
  found: {
    kind: 'switch',
    summary: 'Found a new cluster of this one node when its data directory belongs to none. Not with --join or --root.',
    env: 'GOSSIP_FOUND',
  },
  peer: {
    kind: 'text',
    summary:
      'A running node of the cluster to call first, when all that the root and the data directory name have moved. Repeatable; one is enough.',
    helpValue: 'IP:PORT',
    env: 'GOSSIP_PEER',
    repeatable: ',',
  },
  'join-from': {
    kind: 'text',
    summary:
      'Where addresses of running nodes are to be had, asked at the start and while few are known: a name (dns:NAME[:PORT]), its service records (srv:NAME), a file with one in each line, or a program that prints such lines. Trust comes from the token or the root all the same. Repeatable.',
    helpValue: 'dns:NAME|srv:NAME|file:PATH|exec:PROGRAM',
    env: 'GOSSIP_JOIN_FROM',
    repeatable: '\n',
    at: behindKind,
    reloads: true,
  },
  proxy: {
    kind: 'text',
    summary:
      'HTTP CONNECT proxy for all outgoing calls, or env: the one of HTTPS_PROXY or ALL_PROXY. Repeatable, or URLs with commas: the first that works is taken. One with a password belongs in GOSSIP_PROXY or a file.',
    helpValue: 'URL|@FILE|env',
    env: 'GOSSIP_PROXY',
    repeatable: '\n',
    at: behindAt,
    show: withoutPassword,
    reloads: true,
  },
  direct: {
    kind: 'text',
    summary: 'Networks that are reached without the proxy, separated by commas; by default loopback and the networks of NO_PROXY.',
    helpValue: 'NETWORKS',
    env: 'GOSSIP_DIRECT',
    mayBeList: true,
    reloads: true,
  },
  interval: {
    kind: 'text',
    summary: 'Length of a gossip round.',
    helpValue: 'DURATION',
    env: 'GOSSIP_INTERVAL',
    parse: (text) => parseDurationWithin(text, { minMs: MIN_INTERVAL_MS, maxMs: MAX_INTERVAL_MS }),
    default: 1_000,
    defaultHelp: '1s',
    show: duration,
  },
  modules: {
    kind: 'text',
    summary: 'Modules this node may run, separated by commas; it still carries the configuration of the others.',
    helpValue: 'NAMES',
    env: 'GOSSIP_MODULES',
    default: 'all',
    mayBeList: true,
    reloads: true,
  },
  safe: {
    kind: 'switch',
    summary:
      'Run no module, whatever --modules says: the node gossips, fetches code and passes repairs on, as where a module brings its machine down.',
    env: 'GOSSIP_SAFE',
    reloads: true,
  },
  quota: {
    kind: 'count',
    summary: 'Most code to keep on disk, in MiB.',
    helpValue: 'MIB',
    env: 'GOSSIP_QUOTA',
    min: 1,
    // In bytes it is still exact.
    max: Math.floor(Number.MAX_SAFE_INTEGER / MEBIBYTE),
    reloads: true,
  },
  'no-spare-host': {
    kind: 'switch',
    summary: 'Keep no host process ready for the next update: saves some 13 MB of memory, and makes updates slower.',
    env: 'GOSSIP_NO_SPARE_HOST',
  },
  'leave-on-stop': {
    kind: 'switch',
    summary: 'Say goodbye to the others whenever the node is ended in order: it has left then, and is not missed.',
    env: 'GOSSIP_LEAVE_ON_STOP',
    reloads: true,
  },
  'app-socket': {
    kind: 'text',
    summary: 'Unix socket at which applications use the modules of this node, or none; by default app.sock in the data directory.',
    helpValue: 'PATH|none',
    env: 'GOSSIP_APP_SOCKET',
    at: pathOrNone,
  },
  'app-socket-mode': {
    kind: 'text',
    summary: 'Who may open that socket, as of a file; by default 600, or 660 with --app-socket-group.',
    helpValue: 'MODE',
    env: 'GOSSIP_APP_SOCKET_MODE',
    parse: parseSocketMode,
    show: octal,
  },
  'app-socket-group': {
    kind: 'text',
    summary: 'Group that the socket belongs to: a name or a number.',
    helpValue: 'GROUP',
    env: 'GOSSIP_APP_SOCKET_GROUP',
  },
  'app-listen': {
    kind: 'text',
    summary: 'Loopback address for applications that cannot open the socket; they show the token in app.token of the data directory.',
    helpValue: 'IP:PORT',
    env: 'GOSSIP_APP_LISTEN',
  },
  metrics: {
    kind: 'text',
    summary:
      'Tell metrics to Prometheus: at http://IP:PORT/metrics, where whoever reaches the address may read them, or in a file for node_exporter. Off by default.',
    helpValue: 'IP:PORT|FILE.prom',
    env: 'GOSSIP_METRICS',
    at: pathOfMetrics,
    reloads: true,
  },
  on: {
    kind: 'text',
    summary:
      'Start PROGRAM for each such event: join, leave, fail (of membership), deployment, module, alarm, or MODULE[:TOPIC] for what a module publishes; several with commas. PROGRAM is a path without arguments, run without a shell; the event comes as JSON on its standard input. Repeatable.',
    helpValue: 'EVENT=PROGRAM',
    env: 'GOSSIP_ON',
    repeatable: '\n',
    mayBeTable: true,
    at: behindEquals,
    reloads: true,
  },
  'log-level': {
    kind: 'text',
    summary: 'Lowest level that is logged.',
    options: LOG_LEVELS,
    env: 'GOSSIP_LOG_LEVEL',
    default: 'info',
    reloads: true,
  },
  'log-format': {
    kind: 'text',
    summary: 'Format of the log; by default pretty on a terminal, and JSON lines elsewhere.',
    options: LOG_FORMATS,
    env: 'GOSSIP_LOG_FORMAT',
  },
};
