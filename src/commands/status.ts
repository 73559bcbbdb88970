/** `gossip status`: the whole cluster on one screen. */
import { Args, Flags } from '@oclif/core';
import { toGossipError } from '../model/errors.ts';
import { findNode } from '../operator/client/nodes.ts';
import { checkOf, unknownCheck } from '../operator/status/check.ts';
import type { Check } from '../operator/status/check.ts';
import { filterStatus, STATUS_STATES } from '../operator/status/filter.ts';
import type { StatusFilter, StatusState } from '../operator/status/filter.ts';
import type { Sampling } from '../operator/status/gather.ts';
import { problemsOf } from '../operator/status/problems.ts';
import type { Problem } from '../operator/status/problems.ts';
import { clusterStatus } from '../operator/status/status.ts';
import type { ClusterStatus } from '../operator/status/status.ts';
import type { Session } from '../operator/settings/session.ts';
import { errorJson } from '../process/error-text.ts';
import type { ErrorJson } from '../process/error-text.ts';
import { askingProgress } from './terminal/asking.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, moduleFlag } from './terminal/flags.ts';
import { statusPicture } from './terminal/status-picture.ts';
import { watchStatus } from './terminal/status-watch.ts';
import type { WatchLine } from './terminal/status-watch.ts';

/** A share of 300 nodes is known to 6 percentage points, and what none of them shows is on 1.3 % of all at most. */
const SAMPLING: Sampling = { above: 500, size: 300 };

interface Asked {
  readonly node: string | undefined;
  readonly all: boolean;
  readonly silent: boolean;
}

type CheckJson = Pick<Check, 'exitCode' | 'line'>;

/** What `--json` prints. */
interface StatusJson extends ClusterStatus {
  readonly problems: readonly Problem[];
  /** With `--check`. */
  readonly check?: CheckJson;
}

export default class Status extends BaseCommand {
  static override summary = 'Show every node, module and deployment, what is wrong first, and why a node has not moved.';
  static override description = `Asks every node that can be found: the rendezvous nodes, those of the settings, and everyone they know. First it says of how many nodes it knows, how many answered, and what is wrong; then comes a table. Up to 12 nodes have a line each; more are counted by what they run (87 nodes run d5), with the names of those that differ, and have a line each with --nodes. A star marks rendezvous nodes. Nodes that have left, or that nobody has heard of for ten minutes, are asked last and only counted below the table, but with --all.

"deployment" is what the running instance is by its own report, never what it should be; "why" tells what keeps a node from the newest one.

Of more than ${SAMPLING.above} nodes it asks ${SAMPLING.size} that it draws at random, besides those of the settings, and gives shares of all with the interval in which they lie at 95 % confidence (Wilson). --all asks everybody.

"converged" means that every member answered and runs the newest of what it may run; with --json it is null where nothing was ever deployed, and of one node alone or a sample that is well: it says nothing of the others.

--check prints one line for monitoring and ends with exit code 0 where all is well, 1 where something is held, failed, behind, alarming or silent, 3 where nobody answered or nobody could be asked. Nodes that are long gone are named there, and count with --all.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'One node alone', command: '<%= config.bin %> <%= command.id %> node7' },
    { description: 'Where a module is held', command: '<%= config.bin %> <%= command.id %> --module counter --state held' },
    { description: 'Stay, and show what changes', command: '<%= config.bin %> <%= command.id %> --watch' },
    { description: 'For monitoring', command: '<%= config.bin %> <%= command.id %> --check' },
    { description: 'For programs', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override args = { node: Args.string({ description: 'Ask this node alone: a name, an id or host:port.' }) };
  static override flags = {
    nodes: Flags.boolean({ default: false, summary: 'A line for each node, however many.' }),
    module: moduleFlag({ summary: 'Only this module.' }),
    state: Flags.custom<StatusState>({ options: [...STATUS_STATES] })({
      summary: `Only nodes where a module is so, or that are so: ${STATUS_STATES.join(', ')}.`,
      helpValue: 'STATE',
    }),
    stale: Flags.boolean({ default: false, summary: 'Only nodes that most rendezvous nodes have not confirmed for an hour.' }),
    all: Flags.boolean({
      default: false,
      summary: 'Everybody: ask all however many, list also the nodes that have left, and those that nobody has heard of for ten minutes.',
    }),
    watch: Flags.boolean({
      char: 'w',
      default: false,
      summary: 'Go on until interrupted: on a terminal the picture is redrawn in place, elsewhere each change is a line.',
    }),
    check: Flags.boolean({
      default: false,
      summary: 'Print one line and end with exit code 0 (well), 1 (something is wrong) or 3 (nobody answered): for monitoring.',
      exclusive: ['watch', 'nodes', 'state', 'stale'],
    }),
    cluster: clusterFlag,
  };

  /** With `--watch`. */
  declare readonly jsonLine: WatchLine<StatusJson>;

  override async run() {
    const { args, flags } = await this.parse(Status);
    const asked = { node: args.node, all: flags.all, silent: this.jsonEnabled() || flags.check || flags.watch };
    if (flags.check) return this.#check(flags, asked);
    return this.withCluster(flags.cluster, async (session) => {
      if (!flags.watch) return this.#print(await this.#look(session, asked), flags);
      const print = {
        json: this.jsonEnabled(),
        line: (line: string) => process.stdout.write(`${line}\n`),
        draw: (status: ClusterStatus) => statusPicture(status, flags),
        toJson: (status: ClusterStatus) => jsonOf(status, flags),
      };
      await watchStatus(() => this.#look(session, asked), print);
      return undefined;
    });
  }

  #print(status: ClusterStatus, flags: StatusFilter & { readonly all: boolean; readonly nodes: boolean }) {
    const json = jsonOf(status, flags);
    this.show(statusPicture(status, flags));
    return json;
  }

  /** Whatever comes between, monitoring is told in one line on stdout. */
  async #check(
    { cluster, module, all }: StatusFilter & { readonly cluster: string | undefined; readonly all: boolean },
    asked: Asked,
  ): Promise<StatusJson | (ErrorJson & { readonly check: CheckJson })> {
    try {
      const status = await this.withCluster(cluster, (session) => this.#look(session, asked));
      return { ...jsonOf(status, { module }), check: this.#checked(checkOf(status, { module, all })) };
    } catch (thrown) {
      const error = toGossipError(thrown);
      return { ...errorJson(error), check: this.#checked(unknownCheck(error)) };
    }
  }

  #checked({ exitCode, line }: Check): CheckJson {
    this.say(line);
    this.endWith(exitCode);
    return { exitCode, line };
  }

  async #look({ cluster, client }: Session, { node, all, silent }: Asked): Promise<ClusterStatus> {
    if (node !== undefined) return clusterStatus(cluster, client, await findNode(node, cluster, client));
    const asking = askingProgress(silent);
    const how = all ? { everybody: true } : { sampling: SAMPLING };
    try {
      return await clusterStatus(cluster, client, undefined, { ...how, onAsked: asking.onAsked });
    } finally {
      await asking.stop();
    }
  }
}

/** The nodes that were asked for; problems and counts are of all. */
function jsonOf(status: ClusterStatus, filter: StatusFilter): StatusJson {
  return { ...filterStatus(status, filter), problems: problemsOf(status, filter.module) };
}
