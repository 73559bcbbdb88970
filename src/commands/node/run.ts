/** `gossip node run`: a node in the foreground. Where nothing needs this library, `src/node-run.ts` starts it without. */
import type { CheckedJson } from '../../node/check-config.ts';
import { NODE_FLAGS } from '../../node/flags.ts';
import type { ReadyLine } from '../../node/run.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { flagsOfTable, givenByTable } from '../terminal/flag-table.ts';

export default class NodeRun extends BaseCommand {
  static override summary = 'Run a node in the foreground.';
  static override description = `Joins the cluster of --join, or resumes what the data directory holds. With neither, a new cluster is founded only on purpose: by --found, or by a first try on loopback without --data. It holds this node alone, is signed and encrypted like any other, and nothing is deployed in it by itself.

Flags may stand in the file of --config: TOML or JSON, the keys are the flags' names, relative paths are relative to the file. What is typed stands above variables, these above the file, and that above the defaults.

Prints one line on stdout when the node is ready (JSON with --json); the log goes to stderr. SIGTERM, SIGQUIT, Ctrl-C or a closed terminal end the node in order (last checkpoints, connections drained); a second one ends it at once. Without a terminal SIGHUP has the node read its --config again, and does nothing where it has none: log level, quota, proxy, modules, programs for events, sources of addresses and leave-on-stop change at once, and the log says what changed and what needs a restart. A file that is wrong changes nothing. SIGUSR2 ends nothing.`;
  static override examples = [
    { description: 'A cluster of one node, to try things', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'Join a cluster',
      command: '<%= config.bin %> <%= command.id %> --name node7 --listen 10.0.0.7:7946 --data /var/lib/gossip --join @gossip.token',
    },
    { description: 'Resume after a restart', command: '<%= config.bin %> <%= command.id %> --listen 10.0.0.7:7946 --data /var/lib/gossip' },
    {
      description: 'Find the others after all addresses have changed',
      command: '<%= config.bin %> <%= command.id %> --listen 10.1.0.7:7946 --data /var/lib/gossip --peer 10.1.0.1:7946',
    },
    {
      description: 'Find the others by a name that follows them',
      command:
        '<%= config.bin %> <%= command.id %> --listen 10.0.0.7:7946 --data /var/lib/gossip --join @gossip.token --join-from dns:gossip.internal',
    },
    {
      description: 'Run some of the modules, behind a proxy',
      command: '<%= config.bin %> <%= command.id %> --modules membership,registry --proxy http://10.0.0.1:3128',
    },
    {
      description: 'Check a configuration file',
      command: '<%= config.bin %> <%= command.id %> --config /etc/gossip/node.toml --check-config',
    },
    {
      description: 'Start a script whenever a member comes or goes',
      command: '<%= config.bin %> <%= command.id %> --data /var/lib/gossip --on join,leave,fail=/etc/gossip/members.sh',
    },
  ];
  static override flags = flagsOfTable(NODE_FLAGS);

  declare readonly jsonLine: ReadyLine;
  /** With `--check-config`. */
  declare readonly jsonWhole: CheckedJson;

  /** It needs no home. */
  protected override get takesOwnSettings(): boolean {
    return false;
  }

  override async run(): Promise<void> {
    const { flags } = await this.parse(NodeRun);
    const { runFromFlags } = await import('../../node/run.ts');
    await runFromFlags({ flags: givenByTable(flags), words: this.argv, json: this.jsonEnabled() });
  }
}
