/** `gossip lab up`: many nodes on this machine, as a cluster of their own. */
import { dirname, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Settings } from '../../operator/settings/settings.ts';
import { countOfNodes } from '../../operator/render/names.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { startLab } from '../../operator/cluster/start-lab.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { MAX_INTERVAL_MS } from '../../gossip/timing.ts';
import { clusterNameFlag, countFlag, durationFlag } from '../terminal/flags.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { startProgress } from '../terminal/progress.ts';

interface LabJson {
  readonly dir: string;
  readonly cluster: string;
  /** Which cluster was the current one, and is again when the lab is down. */
  readonly before: string | null;
  readonly nodes: readonly { readonly name: string; readonly id: string; readonly address: string; readonly pid: number | null }[];
}

const DEFAULT_RENDEZVOUS = 2;

export default class LabUp extends BaseCommand {
  static override summary = 'Start many nodes on this machine, as a cluster of their own.';
  static override description = `Every node is a real process with its own data directory, named rendezvous1, rendezvous2, …, node1, node2, …
The lab becomes the current cluster, so that deploy, status and the others act on it. It runs until 'gossip lab down', which makes the previous cluster current again.
A node that was killed or drained is started again with 'gossip node run --data LABDIR/NAME --listen ADDRESS', as lab up printed them, and lab.json in LABDIR holds them.`;
  static override examples = [
    '<%= config.bin %> lab up',
    '<%= config.bin %> lab up --nodes 20 --rendezvous 3 --interval 200ms',
    '<%= config.bin %> lab up --nodes 3 --rendezvous 1 --dir ./lab2 --name second --json',
  ];
  static override flags = {
    nodes: countFlag({ summary: 'Nodes in all, rendezvous nodes among them; 1 to 250, as memory allows.', helpValue: 'N', default: 10 }),
    rendezvous: countFlag({ summary: 'How many of the nodes are rendezvous nodes; by default 2, or 1 of 1 node.' }),
    interval: durationFlag({
      summary: 'Length of a gossip round.',
      default: 1_000,
      defaultHelp: async () => '1s',
      minMs: 20,
      maxMs: MAX_INTERVAL_MS,
    }),
    name: clusterNameFlag({ summary: "Name of the lab's cluster; by default lab, or with --dir a free name such as lab-2." }),
    dir: Flags.string({ summary: "Directory of the lab; by default labs/NAME in the operator's home.", helpValue: 'DIR' }),
  };

  async run(): Promise<LabJson> {
    const { flags } = await this.parse(LabUp);
    const settings = openSettings();
    const name = flags.name ?? defaultName(settings, flags.dir);
    const directory = flags.dir === undefined ? join(settings.home, 'labs', name) : resolve(flags.dir);
    const before = settings.current();
    const progress = await startProgress('Starting nodes', this.jsonEnabled());
    const { nodes, interval } = flags;
    const rendezvous = flags.rendezvous ?? Math.min(DEFAULT_RENDEZVOUS, nodes);
    const onReady = (node: string, ready: number, of: number): void => progress.update(`${node} is ready (${ready} of ${of})`);
    const lab = await interruptible(
      (signal) => startLab(settings, { name, directory, nodes, rendezvous, intervalMs: interval, onReady, signal }),
      () => this.remark('Interrupted; every node is ended.'),
    ).finally(() => progress.stop());
    this.say(
      `${countOfNodes(lab.nodes.length)} ${lab.nodes.length === 1 ? 'runs' : 'run'} in ${lab.directory}; '${lab.cluster}' is now the current cluster${before === null ? '' : ` instead of '${before}', until the lab is down`}.`,
    );
    for (const node of lab.nodes) this.say(`  ${node.name.padEnd(12)} ${node.address}  pid ${node.process?.pid}`);
    const { bin } = this.config;
    this.say(
      `Next: ${bin} deploy --to rendezvous1 --module membership --wait; ${bin} status; ${bin} lab down${name === 'lab' ? '' : ` --name ${name}`}`,
    );
    return {
      dir: lab.directory,
      cluster: lab.cluster,
      before,
      nodes: lab.nodes.map(({ name: node, id, address, process }) => ({ name: node, id, address, pid: process?.pid ?? null })),
    };
  }
}

/** A lab elsewhere is another lab; one more in the usual place would be a slip. */
function defaultName(settings: Settings, dir: string | undefined): string {
  const taken = settings.clusters()['lab'];
  const isUsual = dir === undefined && (taken === undefined || dirname(taken.directory) === join(settings.home, 'labs', 'lab'));
  return isUsual ? 'lab' : settings.freeName('lab');
}
