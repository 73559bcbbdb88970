/** A lab for tests: started by the built program, with nodes that can be killed and started again, and ended whatever happens. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as LabModule from '../../src/lab/lab.ts';
import type { LabNode } from '../../src/lab/lab-file.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { ClusterStatus, NodeRow } from '../../src/operator/status/status.ts';
import { built } from './built.ts';
import { endAllOf, gossip, gossipHere, startNode, tidily, until } from './gossip.ts';
import type { Printed, Ran, RunningNode, RunSettings } from './gossip.ts';
import { Operator } from './operator.ts';

export interface LabSettings {
  readonly nodes: number;
  readonly rendezvous: number;
  readonly intervalMs?: number;
  /** Words before every command, such as `ip netns exec NAME`; then nothing is asked of the nodes from within the test. */
  readonly through?: readonly string[];
}

type OtherSetting = Omit<RunSettings, 'home'> & { readonly flags?: readonly string[]; readonly listen?: string };

/** Labs that still run; their nodes are detached and would outlive a test run that is broken off. */
const running = new Set<Lab>();
process.once('exit', () => {
  for (const { process: node } of [...running].flatMap(({ nodes }) => nodes)) if (node) killQuietly(node.pid);
});

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

export class TestLab {
  /** `GOSSIP_HOME` of the lab's operator. */
  readonly home: string;
  readonly #lab: Lab;
  /** Null where the test's own process cannot reach the nodes: then each look is a command. */
  readonly #operator: Operator | null;
  readonly #through: readonly string[];
  readonly #starting = new Set<Promise<void>>();
  #isEnded = false;

  private constructor(home: string, lab: Lab, operator: Operator | null, through: readonly string[]) {
    this.home = home;
    this.#lab = lab;
    this.#operator = operator;
    this.#through = through;
    running.add(lab);
  }

  /** `gossip lab up`. Whoever starts it must end it: see `withLab`. */
  static async up({ nodes, rendezvous, intervalMs = 150, through = [] }: LabSettings): Promise<TestLab> {
    const home = await mkdtemp(join(tmpdir(), 'gossip-lab-'));
    try {
      const flags = ['--nodes', nodes, '--rendezvous', rendezvous, '--interval', `${intervalMs}ms`].map(String);
      const args = ['lab', 'up', '--json', ...flags];
      const up = through.length === 0 ? gossipHere<{ dir: string }>(args, home) : gossip<{ dir: string }>(args, { home, through });
      const { code, json, stdout } = await up;
      if (code !== 0) throw new Error(`the lab did not start: ${stdout}`);
      return new TestLab(home, await openLab(json.dir), through.length === 0 ? await Operator.open(home) : null, through);
    } catch (error) {
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  /** Where the lab keeps its nodes' data and its operator's keys. */
  get directory(): string {
    return this.#lab.directory;
  }

  get nodes(): readonly LabNode[] {
    return this.#lab.nodes;
  }

  node(name: string): LabNode {
    return this.#lab.node(name);
  }

  /** A command of the lab's operator; within this process, where it can be. */
  run<Json = Printed>(...args: readonly string[]): Promise<Ran<Json>> {
    return this.#through.length === 0 ? gossipHere<Json>(args, this.home) : this.runWith<Json>({}, ...args);
  }

  /** The same in a process of its own: with an environment, a directory or a program in front, or at the same time as others. */
  runWith<Json = Printed>(settings: Omit<RunSettings, 'home'>, ...args: readonly string[]): Promise<Ran<Json>> {
    return gossip<Json>(args, { home: this.home, through: this.#through, ...settings });
  }

  /** A command that must succeed: its JSON. */
  async ask<Json = Printed>(...args: readonly string[]): Promise<Json> {
    const { code, json, stdout, stderr } = await this.run<Json>(...args, '--json');
    if (code !== 0) throw new Error(`gossip ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return json;
  }

  status(): Promise<ClusterStatus> {
    return this.ask<ClusterStatus>('status');
  }

  /**
   * Waits until the status is as `holds` says: looks on from within, and asks the command only then. What it prints must say the
   * same, or the waiting goes on.
   */
  untilStatus(what: string, holds: (status: ClusterStatus) => boolean, deadlineMs?: number): Promise<ClusterStatus> {
    let last: unknown;
    const probe = async (): Promise<ClusterStatus | false> => {
      const seen = await this.#look().catch((error: unknown) => void (last = error));
      if (seen === undefined) return false;
      last = seen;
      if (!holds(seen)) return false;
      const printed = await this.status();
      return holds(printed) && printed;
    };
    return until(what, probe, deadlineMs === undefined ? {} : { deadlineMs }).catch((cause: unknown) => {
      throw new Error(`${(cause as Error).message}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`, { cause });
    });
  }

  #look(): Promise<ClusterStatus> {
    return this.#operator === null ? this.status() : this.#operator.status();
  }

  /** What the module shows of its state on one node. */
  async inspect<State = Printed>(node: LabNode, module: string): Promise<State> {
    if (this.#operator !== null) return (await this.#operator.inspect(node, module)) as State;
    return (await this.ask<{ state: State }>('module', 'inspect', module, '--to', node.name)).state;
  }

  /** Waits until each node was seen to be as `holds` says, if not all at one moment: what is restarted over and over seems well in between. */
  async untilSeen(what: string, holds: (node: NodeRow) => boolean): Promise<void> {
    const seen = new Set<string>();
    await this.untilStatus(what, ({ nodes }) => {
      for (const node of nodes.filter(holds)) seen.add(node.id);
      return seen.size === this.nodes.length;
    });
  }

  /** Waits until all nodes answer and run the newest deployments. */
  converged(deadlineMs?: number): Promise<ClusterStatus> {
    const all = (nodes: readonly NodeRow[]): boolean => nodes.length === this.nodes.length && nodes.every((node) => node.reachable);
    return this.untilStatus('all nodes have converged', (status) => status.converged === true && all(status.nodes), deadlineMs);
  }

  /** What the module shows of its state on each node that runs, in the order of `nodes`. */
  inspectAll<State = Printed>(module: string): Promise<State[]> {
    const alive = this.nodes.filter(({ process: node }) => node !== null);
    return Promise.all(alive.map((node) => this.inspect<State>(node, module)));
  }

  /** Waits until the states on the nodes that run are as `holds` says. */
  untilInspected<State = Printed>(module: string, what: string, holds: (states: readonly State[]) => boolean): Promise<State[]> {
    let last: unknown;
    const probe = async (): Promise<State[] | false> => {
      const states = await this.inspectAll<State>(module);
      last = states;
      return holds(states) && states;
    };
    return until(what, probe).catch((cause: unknown) => {
      throw new Error(`${(cause as Error).message}; last seen: ${JSON.stringify(last)}`, { cause });
    });
  }

  async start(...names: readonly string[]): Promise<void> {
    // Whoever was left behind when the lab ended starts nothing any more.
    if (this.#isEnded) throw new Error('the lab has ended');
    process.env['GOSSIP_HOME'] = this.home;
    const started = this.#lab.start(names);
    this.#starting.add(started);
    await started.finally(() => this.#starting.delete(started));
  }

  /**
   * Starts a stopped node in another setting: more flags, another environment, a program in front, or listening at another address
   * than the one that it tells. It ends with the lab, or before.
   */
  startWith(name: string, { flags = [], listen, ...settings }: OtherSetting): Promise<RunningNode> {
    const { directory, address } = this.node(name);
    const listening = listen === undefined ? ['--listen', address] : ['--listen', listen, '--advertise', address];
    const args = ['--data', directory, ...listening, '--interval', `${this.#lab.intervalMs}ms`, ...flags];
    return startNode(args, { home: this.home, ...settings });
  }

  async stop(...names: readonly string[]): Promise<void> {
    await this.#lab.stop(names);
  }

  async kill(...names: readonly string[]): Promise<void> {
    await this.#lab.stop(names, 'SIGKILL');
  }

  signal(name: string, signal: NodeJS.Signals): Promise<void> {
    return this.#lab.signal(name, signal);
  }

  /** Ends every process of the lab and removes what it kept. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await Promise.allSettled(this.#starting);
    await this.#lab.stop(
      this.nodes.map(({ name }) => name),
      'SIGKILL',
    );
    running.delete(this.#lab);
    this.#operator?.close();
    await endAllOf(this.home);
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What every node of the status says that it runs of a module. */
export function whatRuns(status: ClusterStatus, module: string): { deployment?: string | null; code?: string | null; state?: string }[] {
  return status.nodes.map(({ modules }) => {
    const row = modules.find(({ name }) => name === module);
    return row === undefined ? {} : { deployment: row.deployment, code: row.code, state: row.state };
  });
}

/** Runs `act` with a lab, and ends the lab afterwards. */
export async function withLab<Result>(settings: LabSettings, act: (lab: TestLab) => Promise<Result>): Promise<Result> {
  const lab = await TestLab.up(settings);
  return tidily(
    () => act(lab),
    () => lab.end(),
  );
}

/** The lab's class out of the build, so that what it starts again is the built program too. */
function openLab(directory: string): Promise<Lab> {
  return (built('lab/lab.js') as typeof LabModule).Lab.open(directory);
}
