/** `gossip node run`: a node in the foreground. */
import { Flags } from '@oclif/core';
import type { ReadyInfo } from '../../core/run.ts';
import { addressForPeers } from '../../model/address.ts';
import { parseModuleName } from '../../model/names.ts';
import { safeText } from '../../model/safe-text.ts';
import { startOfNode } from '../../operator/cluster/node-start.ts';
import { rememberMove } from '../../operator/cluster/one-node-cluster.ts';
import type { OneNodeCluster } from '../../operator/cluster/one-node-cluster.ts';
import { chooseProxy } from '../../operator/cluster/proxy-choice.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { readToken } from '../../operator/cluster/token-source.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { awaitEnding } from '../terminal/endings.ts';
import { MAX_INTERVAL_MS } from '../../gossip/timing.ts';
import { durationFlag, nodeNameFlag } from '../terminal/flags.ts';
import { endWithoutReaders } from '../terminal/output.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const LOG_FORMATS = ['json', 'pretty'] as const;
const MEBIBYTE = 1024 ** 2;

export default class NodeRun extends BaseCommand {
  static override summary = 'Run a node in the foreground.';
  static override description = `Joins the cluster of --join, or resumes what the data directory holds. With neither, a cluster is begun only on purpose: --found makes one of this node alone, and so does a first try without --data on loopback; it is signed and encrypted like any other, and nothing is deployed by itself.

Prints one line on stdout when the node is ready (JSON with --json); the log goes to stderr. SIGTERM, SIGQUIT, Ctrl-C or a closed terminal end the node in order (last checkpoints, connections drained); a second one ends it at once. Without a terminal SIGHUP does nothing, and SIGUSR2 never does.`;
  static override examples = [
    { description: 'A cluster of one node, to try things', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'Join a cluster',
      command: '<%= config.bin %> <%= command.id %> --name node7 --listen 10.0.0.7:7946 --data /var/lib/gossip --join @gossip.token',
    },
    { description: 'Resume after a restart', command: '<%= config.bin %> <%= command.id %> --listen 10.0.0.7:7946 --data /var/lib/gossip' },
    {
      description: 'Find the others again after every address has changed',
      command: '<%= config.bin %> <%= command.id %> --listen 10.1.0.7:7946 --data /var/lib/gossip --peer 10.1.0.1:7946',
    },
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
    found: Flags.boolean({
      summary: 'Make a new cluster of this one node when its data directory holds none.',
      env: 'GOSSIP_FOUND',
      exclusive: ['join'],
    }),
    peer: Flags.string({
      summary:
        'A node of the cluster to begin with, when those that the root and the data directory name have all moved. Repeatable; any one that runs will do.',
      helpValue: 'IP:PORT',
      env: 'GOSSIP_PEER',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
    proxy: Flags.string({
      summary: 'HTTP CONNECT proxy for everything outgoing; one with a password belongs in GOSSIP_PROXY or a file.',
      helpValue: 'URL|@FILE',
      env: 'GOSSIP_PROXY',
    }),
    direct: Flags.string({
      summary: 'Networks that are reached without the proxy, separated by commas; by default loopback and the networks of NO_PROXY.',
      helpValue: 'NETWORKS',
      env: 'GOSSIP_DIRECT',
    }),
    interval: durationFlag({
      summary: 'One gossip round.',
      env: 'GOSSIP_INTERVAL',
      default: 1_000,
      defaultHelp: async () => '1s',
      minMs: 20,
      maxMs: MAX_INTERVAL_MS,
    }),
    modules: Flags.string({
      summary: 'Modules this node may run, separated by commas; it carries the configuration of the others all the same.',
      helpValue: 'NAMES',
      env: 'GOSSIP_MODULES',
      default: 'all',
    }),
    quota: Flags.integer({ summary: 'How much code to keep on disk at most, in MiB.', helpValue: 'MIB', env: 'GOSSIP_QUOTA', min: 1 }),
    'log-level': Flags.option({
      summary: 'Lowest level that is logged.',
      options: LOG_LEVELS,
      env: 'GOSSIP_LOG_LEVEL',
      default: 'info' as const,
    })(),
    'log-format': Flags.option({
      summary: 'Form of the log; by default pretty on a terminal, and JSON lines elsewhere.',
      options: LOG_FORMATS,
      env: 'GOSSIP_LOG_FORMAT',
    })(),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(NodeRun);
    const endings = awaitEnding();
    endings.claim();
    endWithoutReaders();
    try {
      const start = await startOfNode({ ...flags, token: flags.join, passphrase: givenPassphrase() }, openSettings);
      if (start.founded !== null) this.sayFounded(start.founded, start.dataDir);
      const onCommandLine = this.argv.some((word) => word.startsWith('--proxy'));
      const { proxy, direct, remarks } = await chooseProxy({ ...flags, onCommandLine }, process.env);
      for (const remark of remarks) this.remark(remark);
      const { runNode } = await import('../../core/run.ts');
      const node = await runNode({
        ...(start.name !== undefined && { name: start.name }),
        dataDir: start.dataDir,
        listen: start.listen,
        ...(flags.advertise !== undefined && { advertise: flags.advertise }),
        ...(start.token !== undefined && { token: start.token }),
        ...(proxy !== undefined && { proxy, direct }),
        peers: (flags.peer ?? []).map(addressForPeers),
        intervalMs: flags.interval,
        modules: flags.modules === 'all' ? 'all' : flags.modules.split(',').map((module) => parseModuleName(module.trim())),
        ...(flags.quota !== undefined && { quotaBytes: flags.quota * MEBIBYTE }),
        logLevel: flags['log-level'],
        logFormat: flags['log-format'] ?? (process.stderr.isTTY ? 'pretty' : 'json'),
        onReady: (info) => this.ready(info),
      });
      await endings.ended;
      await node.stop();
    } finally {
      endings.release();
    }
  }

  private sayFounded({ cluster, before }: OneNodeCluster, dataDir: string): void {
    const instead = before === null ? '' : ` instead of '${before}' (back: gossip cluster use ${before})`;
    this.remark(
      `Made the cluster '${cluster.name}' of this one node, now the current one${instead}; its keys are in ${cluster.directory}.`,
    );
    this.remark(`The node's data is in ${dataDir}. Next: gossip deploy --module membership`);
  }

  private ready(info: ReadyInfo): void {
    const { name, id, address } = info;
    const line = this.jsonEnabled()
      ? JSON.stringify({ event: 'ready', name, id, address })
      : safeText(`ready: ${name} at ${address} (${id})`);
    process.stdout.write(`${line}\n`);
    void this.tellSettings(info);
  }

  /** The node runs all the same when there are no settings of an operator here, or when they cannot be read or written. */
  private async tellSettings(info: ReadyInfo): Promise<void> {
    try {
      await rememberMove(openSettings(), info);
    } catch (error) {
      this.remark(`The settings do not know the node's address: ${(error as Error).message}`);
    }
  }
}
