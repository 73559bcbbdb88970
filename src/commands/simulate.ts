/** `gossip simulate`: how a cluster of n nodes would behave, before anybody sizes a real one. */
import { Flags } from '@oclif/core';
import { formatDuration, MAX_DURATION_MS } from '../model/duration.ts';
import { parseBitRate, parseChurn, parseShare, parseSize } from '../operator/units/quantity.ts';
import { curveLines } from '../operator/render/spread-curve.ts';
import { loadTable, milestoneTable } from '../operator/render/spread-table.ts';
import { ownText, planText, progressText, remarks, seedsText, trafficText, unfinishedText } from '../operator/render/spread-text.ts';
import { MOST_WITH_MEMBERSHIP, planOf, SEEDS, seedsFor } from '../operator/simulate/plan.ts';
import { parseModuleSettings } from '../operator/deploy/settings-text.ts';
import { readOwnModule } from '../operator/simulate/own-module.ts';
import type { OwnCode } from '../operator/simulate/own-module.ts';
import { replay } from '../operator/simulate/replay.ts';
import type { SimulationReport } from '../operator/simulate/report.ts';
import { readScenario } from '../operator/simulate/scenario-file.ts';
import type { SeedsProgress } from '../operator/simulate/seeds.ts';
import { simulate } from '../operator/simulate/simulate.ts';
import type { SpreadPlan } from '../sim/play/plan.ts';
import type { SpreadRun } from '../sim/play/spread.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { terminalColumns } from './terminal/columns.ts';
import { countFlag, durationFlag } from './terminal/flags.ts';
import { interruptible } from './terminal/interruptible.ts';
import { startProgress } from './terminal/progress.ts';
import { drawTable } from './terminal/table.ts';

const MAX_SEEDS = 10_000;
/** Of a module of the author's own, in which it shows what it comes to. */
const ROUNDS = 10;
const MAX_ROUNDS = 100_000;
const MAX_SEED = 2 ** 31 - 1;
/** What is no terminal gets a curve of this width. */
const PIPED_COLUMNS = 80;
const MAX_COLUMNS = 120;

/** Flags that describe the cluster, which a scenario file describes itself. */
const NOT_WITH_SCENARIO = [
  'nodes',
  'rendezvous',
  'interval',
  'loss',
  'churn',
  'code',
  'bandwidth',
  'cores',
  'nodes-per-machine',
  'dead-modules',
  'limit',
];

const shareFlag = Flags.custom<number>({ parse: async (text) => parseShare(text), helpValue: 'PERCENT' });

/** `--replay --json` */
interface Replayed extends SpreadRun {
  readonly plan: SpreadPlan;
  readonly trace: readonly string[];
}

export default class Simulate extends BaseCommand {
  static override summary =
    'Ask how a cluster of this size, with such a network, would behave: how long a deployment takes, and what it costs.';
  static override description = `Runs the nodes' own protocol and the shipped membership module on a simulated clock, network and disk, without opening a socket.
--module runs a module of yours in its place; with the context's clock, chance and timers alone a run is the same each time.
Above ${MOST_WITH_MEMBERSHIP} nodes a light module with membership's rhythm and size of messages stands in for it, since tables of everybody are costly to simulate.
A deployment enters at rendezvous1 while all nodes run an older version. Each seed is one run with chances of its own; the same seed and flags give the same run.
Simulated: delays of 1 to 25 ms each way, disk writes, starts of modules, clocks that are off by up to an hour. Not simulated: packets, and what TCP and TLS add; the nodes' processors are with --cores, at costs measured on two cores.
--loss fails whole exchanges, half of them on the way there; where TCP repairs lost packets, exchanges fail far less often than packets are lost.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --nodes 1000 --loss 10%',
    {
      description: 'A slow, lossy network, with nodes that restart',
      command: '<%= config.bin %> <%= command.id %> --nodes 200 --loss 10% --churn 1%/min --code 5MB --bandwidth 10Mbit --seeds 20',
    },
    {
      description: 'By the gossip of the cores alone, as a picture',
      command: '<%= config.bin %> <%= command.id %> --nodes 500 --dead-modules --svg spread.svg',
    },
    { description: 'Every event of one run', command: '<%= config.bin %> <%= command.id %> --nodes 20 --replay 3 | less' },
    { description: 'Your own module, built', command: '<%= config.bin %> <%= command.id %> --module ./dist --nodes 300 --loss 5%' },
    { description: 'What a file describes', command: '<%= config.bin %> <%= command.id %> --scenario partition.json --seeds 10' },
  ];
  // oclif's own leaves a blank alternative where --svg and --replay exclude each other.
  static override usage =
    '<%= command.id %> [--json] [--scenario FILE | [--nodes N] [--rendezvous N] [--interval DURATION] [--loss PERCENT] [--churn PERCENT/min] ' +
    '[--code SIZE] [--bandwidth RATE] [--cores N [--nodes-per-machine N]] [--dead-modules] [--limit DURATION]] [--module PATH [--settings JSON] [--rounds N]] [--replay SEED | [--seeds N] [--svg FILE]]';
  // None has a default of oclif's: it would count as given, and --scenario could not refuse it.
  static override flags = {
    nodes: countFlag({ summary: 'Nodes in all, rendezvous nodes among them; by default 100.' }),
    rendezvous: countFlag({ summary: 'How many of the nodes are rendezvous nodes; by default 3.' }),
    interval: durationFlag({ summary: 'Length of a gossip round; by default 1s.' }),
    loss: shareFlag({ summary: 'Share of exchanges that are lost silently; by default 0%.' }),
    churn: Flags.custom<number>({ parse: async (text) => parseChurn(text), helpValue: 'PERCENT/min' })({
      summary: 'Share of the nodes that restart in a minute, each away for half a round to three rounds; by default 0%/min.',
    }),
    code: Flags.custom<number>({ parse: async (text) => parseSize(text), helpValue: 'SIZE' })({
      summary: 'Size of the deployed code; by default 1MB.',
    }),
    bandwidth: Flags.custom<number>({ parse: async (text) => parseBitRate(text), helpValue: 'RATE' })({
      summary: "What each node's link carries, each way; by default unlimited.",
    }),
    cores: countFlag({ summary: 'Processors of each machine, which its nodes share; by default computing takes no time.' }),
    'nodes-per-machine': countFlag({ summary: 'How many nodes share a machine; by default all of them.', dependsOn: ['cores'] }),
    'dead-modules': Flags.boolean({
      summary: 'The modules do not gossip: everything spreads through the cores alone.',
      exclusive: ['module'],
    }),
    module: Flags.string({
      summary: 'Simulate the module in this directory of built code instead of membership; it runs in this process, as in its tests.',
      helpValue: 'PATH',
    }),
    settings: Flags.string({
      summary: "That module's settings: a JSON object, or @FILE.",
      helpValue: 'JSON',
      dependsOn: ['module'],
    }),
    rounds: countFlag({
      summary: `For how many rounds that module goes on gossiping once all nodes run it; by default ${ROUNDS}.`,
      min: 0,
      max: MAX_ROUNDS,
      dependsOn: ['module'],
    }),
    limit: durationFlag({
      summary: 'Give up a run after this much simulated time; by default 10m, or more where rounds are long or links slow.',
      maxMs: MAX_DURATION_MS,
    }),
    scenario: Flags.string({
      summary: 'Simulate what this file describes; docs/operators.md of the package explains its form.',
      helpValue: 'FILE',
      exclusive: NOT_WITH_SCENARIO,
    }),
    seeds: countFlag({
      summary: `How many runs, from seed 1 on; by default ${SEEDS.small}, and ${SEEDS.large} above 100 nodes.`,
      helpValue: 'N',
      min: 1,
      max: MAX_SEEDS,
      exclusive: ['replay'],
    }),
    replay: countFlag({ summary: 'Show every event of the run of this seed.', helpValue: 'SEED', min: 0, max: MAX_SEED }),
    svg: Flags.string({ summary: 'Draw the curve of the last deployment to this file.', helpValue: 'FILE', exclusive: ['replay'] }),
  };

  override async run(): Promise<SimulationReport | Replayed> {
    const { flags } = await this.parse(Simulate);
    const { replay: seed, svg } = flags;
    const own = await ownOf(flags);
    const plan =
      flags.scenario === undefined
        ? planOf({ ...flags, nodesPerMachine: flags['nodes-per-machine'], deadModules: flags['dead-modules'], own })
        : withModule(await readScenario(flags.scenario), own);
    const seeds = flags.seeds ?? seedsFor(plan);
    return interruptible<SimulationReport | Replayed>(
      (signal) => (seed === undefined ? this.#simulate(plan, seeds, svg, signal) : this.#replay(plan, seed, signal)),
      () => this.remark('Interrupted; this is what was known by then.'),
    );
  }

  async #simulate(plan: SpreadPlan, seeds: number, picture: string | undefined, signal: AbortSignal): Promise<SimulationReport> {
    const progress = await startProgress('Starting', this.jsonEnabled());
    const onProgress = (seen: SeedsProgress): void => progress.update(progressText(seen, plan.nodes));
    const { report, unfinished, drawn } = await simulate({ plan, seeds, picture, signal, onProgress }).finally(() => progress.stop());
    this.#print(report);
    for (const line of unfinishedText(unfinished, plan)) this.say(line);
    if (drawn) this.say(`Drawn to ${picture}.`);
    if (signal.aborted && this.jsonEnabled()) this.logJson(report);
    signal.throwIfAborted();
    return report;
  }

  #print(report: SimulationReport): void {
    const { plan, seeds, deployments } = report;
    this.say(planText(plan));
    if (seeds.length === 0) return;
    this.say(`${seedsText(seeds)}: the median (fastest–slowest)`);
    deployments.forEach((deployment, index) => {
      const when = deployments.length === 1 ? [] : [`Deployment ${index + 1}, at ${formatDuration(deployment.atMs.p50)}`];
      this.say('', ...when, ...curveLines(deployment.curve, columns()), '');
      this.show(drawTable(milestoneTable(deployment, seeds.length)));
    });
    this.say('', trafficText(report));
    this.show(drawTable(loadTable(report)));
    for (const line of [...ownText(report), ...remarks(report)]) this.say(line);
  }

  async #replay(plan: SpreadPlan, seed: number, signal: AbortSignal): Promise<Replayed> {
    const trace: string[] = [];
    const closed = new AbortController();
    // `gossip simulate --replay 1 | head`: whoever read the trace has seen enough.
    process.stdout.once('error', () => closed.abort());
    const show = (line: string): void => (this.jsonEnabled() ? void trace.push(line) : this.say(line));
    const run = await replay({ plan, seed, signal: AbortSignal.any([signal, closed.signal]), show });
    this.say(`${run.events} events, fingerprint ${run.fingerprint}`);
    signal.throwIfAborted();
    return { plan, trace, ...run };
  }
}

async function ownOf(flags: {
  module?: string | undefined;
  settings?: string | undefined;
  rounds?: number | undefined;
}): Promise<OwnCode | undefined> {
  if (flags.module === undefined) return undefined;
  return readOwnModule(flags.module, { settings: await parseModuleSettings(flags.settings ?? '{}'), rounds: flags.rounds ?? ROUNDS });
}

/** What happens is the scenario's; what runs is the author's. */
function withModule(plan: SpreadPlan, own: OwnCode | undefined): SpreadPlan {
  return own === undefined ? plan : { ...plan, modules: own.module };
}

function columns(): number {
  return Math.min(terminalColumns(PIPED_COLUMNS), MAX_COLUMNS);
}
