/** `gossip node run`: a node in the foreground. */
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { ReadyInfo, RunningNode, RunOptions } from '../../core/run.ts';
import { parseModuleName } from '../../model/names.ts';
import { safeText } from '../../model/safe-text.ts';
import { defaultNodeName, isNodeData, makeOneNodeCluster, rememberMove } from '../../operator/one-node-cluster.ts';
import { openSettings } from '../../operator/settings.ts';
import type { Settings } from '../../operator/settings.ts';
import { readToken } from '../../operator/token-source.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { durationFlag, MAX_INTERVAL_MS, nodeNameFlag } from '../terminal/flags.ts';
import { endWithoutReaders } from '../terminal/output.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const LOG_FORMATS = ['json', 'pretty'] as const;
/** One Ctrl-C may arrive twice: from the terminal, and from a parent such as npm or timeout that passes it on. */
const ECHO_MS = 200;
const MEBIBYTE = 1024 ** 2;

export default class NodeRun extends BaseCommand {
  static override summary = 'Run a node in the foreground.';
  static override description = `Joins the cluster of --join, or resumes what the data directory holds. With neither, a cluster of this one node is made on loopback, signed and encrypted like any other; nothing is deployed by itself.

Prints one line on stdout when the node is ready (JSON with --json); the log goes to stderr. SIGTERM or Ctrl-C ends the node in order (last checkpoints, connections drained); a second one ends it at once.`;
  static override examples = [
    { description: 'A cluster of one node, to try things', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'Join a cluster',
      command: '<%= config.bin %> <%= command.id %> --name node7 --listen 10.0.0.7:7946 --data /var/lib/gossip --join @gossip.token',
    },
    { description: 'Resume after a restart', command: '<%= config.bin %> <%= command.id %> --listen 10.0.0.7:7946 --data /var/lib/gossip' },
    {
      description: 'Run some of the modules, behind a proxy',
      command: '<%= config.bin %> <%= command.id %> --modules membership,registry --proxy http://10.0.0.1:3128',
    },
  ];
  static override flags = {
    name: nodeNameFlag({
      summary: 'Name of the node, for people; kept in the data directory. By default the name of the machine.',
      env: 'GOSSIP_NAME',
    }),
    data: Flags.string({ summary: 'Data directory; by default nodes/NAME beside the settings.', helpValue: 'DIR', env: 'GOSSIP_DATA' }),
    listen: Flags.string({
      summary: 'Literal IP address and port to listen on; port 0 takes a free one.',
      helpValue: 'IP:PORT',
      env: 'GOSSIP_LISTEN',
      default: '127.0.0.1:7946',
    }),
    advertise: Flags.string({
      summary: 'Address that the others are told, when it differs from --listen.',
      helpValue: 'IP:PORT',
      env: 'GOSSIP_ADVERTISE',
    }),
    join: Flags.string({
      summary: 'Join token; needed once. @FILE or - (standard input) keep it out of the list of processes.',
      helpValue: 'TOKEN|@FILE|-',
      env: 'GOSSIP_JOIN',
      parse: (text) => readToken(text),
    }),
    proxy: Flags.string({ summary: 'HTTP CONNECT proxy for everything outgoing.', helpValue: 'URL', env: 'GOSSIP_PROXY' }),
    interval: durationFlag({
      summary: 'One gossip round.',
      env: 'GOSSIP_INTERVAL',
      default: 1_000,
      defaultHelp: async () => '1s',
      minMs: 20,
      maxMs: MAX_INTERVAL_MS,
    }),
    modules: Flags.string({
      summary: 'Modules this node may run, with commas between; it carries the configuration of the others all the same.',
      helpValue: 'NAMES',
      env: 'GOSSIP_MODULES',
      default: 'all',
    }),
    quota: Flags.integer({ summary: 'Most code kept on disk, in MiB.', helpValue: 'MIB', env: 'GOSSIP_QUOTA', min: 1 }),
    'log-level': Flags.option({
      summary: 'Least level of what is logged.',
      options: LOG_LEVELS,
      env: 'GOSSIP_LOG_LEVEL',
      default: 'info' as const,
    })(),
    'log-format': Flags.option({
      summary: 'Form of the log; by default pretty on a terminal, or else JSON lines.',
      options: LOG_FORMATS,
      env: 'GOSSIP_LOG_FORMAT',
    })(),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(NodeRun);
    const settings = openSettings();
    const name = flags.name ?? defaultNodeName();
    const dataDir = flags.data ?? join(settings.home, 'nodes', name);
    if (flags.data === undefined) await settings.makeHome();
    const known = await isNodeData(dataDir);
    const made =
      known || flags.join !== undefined
        ? null
        : await makeOneNodeCluster(settings, { name, dataDir, listen: flags.listen, passphrase: givenPassphrase() });
    if (made !== null) {
      this.remark(
        `Made the cluster '${made.cluster.name}' of this one node, now the current one; its keys are in ${made.cluster.directory}.`,
      );
      this.remark(`The node's data is in ${dataDir}. Next: gossip deploy --module membership`);
    }
    const token = flags.join ?? made?.token;
    const { runNode } = await import('../../core/run.ts');
    await this.runUntilStopped(runNode, {
      // A node keeps the name it had unless another is asked for.
      ...(known && flags.name === undefined ? {} : { name }),
      dataDir,
      listen: made?.address ?? flags.listen,
      ...(flags.advertise !== undefined && { advertise: flags.advertise }),
      ...(token !== undefined && { token }),
      ...(flags.proxy !== undefined && { proxy: flags.proxy }),
      intervalMs: flags.interval,
      modules: flags.modules === 'all' ? 'all' : flags.modules.split(',').map((module) => parseModuleName(module.trim())),
      ...(flags.quota !== undefined && { quotaBytes: flags.quota * MEBIBYTE }),
      logLevel: flags['log-level'],
      logFormat: flags['log-format'] ?? (process.stderr.isTTY ? 'pretty' : 'json'),
      onReady: (info) => this.ready(info, settings),
    });
  }

  private ready(info: ReadyInfo, settings: Settings): void {
    const { name, id, address } = info;
    const line = this.jsonEnabled()
      ? JSON.stringify({ event: 'ready', name, id, address })
      : safeText(`ready: ${name} at ${address} (${id})`);
    // The node runs and ends all the same when nobody reads the line, or a disk is full.
    endWithoutReaders();
    process.stdout.write(`${line}\n`);
    // The node runs all the same when the operator's settings cannot be read or written.
    rememberMove(settings, info).catch((error: Error) => this.remark(`The settings do not know the node's address: ${error.message}`));
  }

  /** Resolves when a signal has ended the node in order; a second signal ends the process at once. */
  private async runUntilStopped(runNode: (options: RunOptions) => Promise<RunningNode>, options: RunOptions): Promise<void> {
    let signalled: (signal: NodeJS.Signals) => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      signalled = (signal) => {
        resolve();
        const firstAt = performance.now();
        signalled = (second) => {
          const isEcho = second === signal && performance.now() - firstAt < ECHO_MS;
          if (!isEcho) process.exit(second === 'SIGINT' || signal === 'SIGINT' ? 130 : 143);
        };
      };
    });
    const onSignal = (signal: NodeJS.Signals): void => signalled(signal);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      // The settings' file writer ends the process at the first signal, before the node could end in order.
      process.removeAllListeners(signal).on(signal, onSignal);
    }
    try {
      const node = await runNode(options);
      await first;
      await node.stop();
    } finally {
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    }
  }
}
