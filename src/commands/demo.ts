/** `gossip demo`: the outage of 20 July 2008, repaired on ten real nodes of this machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { runDemo, seconds } from '../operator/demo/demo.ts';
import type { DemoReport } from '../operator/demo/demo.ts';
import { OperatorClient } from '../operator/client/client.ts';
import { openCluster, openKeyInDirectory } from '../operator/cluster/clusters.ts';
import { openSettings } from '../operator/settings/settings.ts';
import { startLab } from '../operator/cluster/start-lab.ts';
import { safeText } from '../model/safe-text.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { terminalColumns } from './terminal/columns.ts';
import { interruptible } from './terminal/interruptible.ts';
import { liveTable } from './terminal/live-table.ts';

const NODES = 10;
const RENDEZVOUS = 2;
const INTERVAL_MS = 200;

export default class Demo extends BaseCommand {
  static override summary = 'See the outage of 20 July 2008 repaired in under a minute.';
  static override description = `Starts ${NODES} real nodes on this machine, ${RENDEZVOUS} of them rendezvous nodes, and lets a poisoned deployment kill an application on all of them:
its state is corrupt and its gossip dead. Then one command repairs every node through the cores' backup gossip, without stopping any.
Uses a temporary directory of its own, asks nothing, and leaves nothing running.`;
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --json'];

  async run(): Promise<DemoReport> {
    await this.parse(Demo);
    const directory = await mkdtemp(join(tmpdir(), 'gossip-demo-'));
    try {
      const report = await interruptible(
        (signal) => this.#tell(directory, signal),
        () => this.remark('Interrupted; every node is ended.'),
      );
      this.#summarize(report);
      return report;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #tell(directory: string, signal: AbortSignal): Promise<DemoReport> {
    const settings = openSettings({ GOSSIP_HOME: join(directory, 'home') });
    this.say(`Starting ${NODES} nodes (${RENDEZVOUS} rendezvous), one gossip round each ${INTERVAL_MS} ms`);
    const table = await liveTable(this.jsonEnabled());
    const lab = await startLab(settings, {
      name: 'demo',
      directory: join(directory, 'lab'),
      nodes: NODES,
      rendezvous: RENDEZVOUS,
      intervalMs: INTERVAL_MS,
      signal,
      onReady: (name, ready, of) => table.text(`  ${name} is ready (${ready} of ${of})`),
    }).finally(() => table.clear());
    const cluster = await openCluster(settings, 'demo');
    const client = new OperatorClient(cluster);
    try {
      const signing = { root: cluster.root, key: await openKeyInDirectory(cluster, this.keyOwner), now: Date.now };
      return await runDemo({
        lab,
        cluster,
        client,
        signing,
        signal,
        say: (line) => table.line(() => this.say(line)),
        show: (nodes) => table.show(nodes),
      });
    } finally {
      table.clear();
      client.close();
      await lab.down();
    }
  }

  #summarize(report: DemoReport): void {
    const table = new Table({
      head: ['step', 'took', 'result'],
      style: { head: [], border: [] },
      wordWrap: true,
      colWidths: timelineWidths(),
    });
    for (const { title, tookMs, detail } of report.steps) table.push([title, seconds(tookMs), safeText(detail)]);
    this.show(`\n${table.toString()}`);
    this.say(`Repaired: ${report.nodes} of ${report.nodes} nodes run good code on clean state again; none was stopped.`);
    this.say(
      `The repair took ${seconds(report.repairMs)} (${report.repairRounds.toFixed(0)} gossip rounds). In 2008 it took more than six hours.`,
    );
  }
}

/** The widths of step, time and result, in all no wider than the terminal. */
function timelineWidths(): number[] {
  const [took, borders] = [9, 4];
  const room = Math.min(terminalColumns(120), 120) - took - borders;
  const step = Math.floor(room * 0.43);
  return [step, took, room - step];
}
