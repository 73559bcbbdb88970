/** `gossip dashboard`: what `status`, `rollout`, `monitor`, `history` and `diff` show, in a browser. */
import { safeJson } from '../model/safe-text.ts';
import { serveDashboard } from '../operator/dashboard/dashboard.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, countFlag, signerFlag } from './terminal/flags.ts';
import { interruptible } from './terminal/interruptible.ts';

export default class Dashboard extends BaseCommand {
  static override summary = 'Show the cluster in a browser, live: what is wrong, every node, how deployments spread, the history, events.';
  static override description = `Serves a page on 127.0.0.1 until it is interrupted, and prints its address. The address works once: the browser that opens it first may look, and nobody else. The page only reads; it asks nothing of nodes itself, and loads nothing from elsewhere. While no page is open no node is asked.

From another machine: ssh -L 8440:127.0.0.1:8440 HOST gossip dashboard --port 8440. The port must be the same on both sides.

Events need a key that may read logs; without one the page shows the rest.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'On a port that is known before', command: '<%= config.bin %> <%= command.id %> --port 8440' },
    { description: 'For a program that opens the browser', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override flags = {
    port: countFlag({ max: 65_535, summary: 'Port to serve the page on; by default one that is free.' }),
    signer: signerFlag,
    cluster: clusterFlag,
  };

  /** Once it can be opened. */
  declare readonly jsonLine: { readonly address: string; readonly port: number; readonly cluster: string };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Dashboard);
    await interruptible(
      (signal) =>
        this.withCluster(flags.cluster, async (session) => {
          const onReady = ({ address, port }: { readonly address: string; readonly port: number }): void => {
            const line: Dashboard['jsonLine'] = { address, port, cluster: session.cluster.name };
            if (this.jsonEnabled()) process.stdout.write(`${safeJson(line)}\n`);
            else this.say(address);
            this.remark('Open it in a browser of this machine; it works once. Ctrl-C ends it.');
          };
          await serveDashboard(session, { port: flags.port ?? 0, signal, onReady });
          signal.throwIfAborted();
        }),
      () => undefined,
    );
  }
}
