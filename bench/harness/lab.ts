/** A lab to measure: real nodes of the built program, somebody who deploys and looks, and an end whatever happens. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabNode } from '../../src/lab/lab-file.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { ProcessId } from '../../src/lab/process.ts';
import type { NodeStatus } from '../../src/api/status.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ModuleName } from '../../src/model/names.ts';
import type { JsonObject } from '../../src/sdk/json.ts';
import type { OperatorCluster } from '../../src/operator/cluster/clusters.ts';
import type { OperatorClient } from '../../src/operator/client/client.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { Journal, reachedAt, spreadOf } from './journals.ts';
import type { Spread } from './journals.ts';
import * as product from './product.ts';
import { allProcesses, descendants, processesBelow } from './processes.ts';
import type { ProcessStat } from './processes.ts';
import { inTime, NotInTime, until } from './wait.ts';

export interface LabWish {
  readonly nodes: number;
  readonly rendezvous: number;
  readonly intervalMs?: number;
}

export interface Deployed {
  readonly module: string;
  /** `d3` */
  readonly name: string;
  readonly record: VerifiedDeployment;
}

export const INTERVAL_MS = 1_000;
/** Until all nodes of a lab are up, whatever their number. */
const UP_MS = 180_000;
/** Questions to nodes under way at the same time. */
const LANES = 16;

/** Directories of labs that run or are on their way: their nodes are detached, and would outlive a bench that is broken off. */
const homes = new Set<string>();
process.once('exit', () => {
  for (const home of homes) {
    for (const pid of processesBelow(home)) kill(pid);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
});

export class BenchLab {
  readonly lab: Lab;
  /** From the command to the last node that was ready. */
  readonly upMs: number;
  /** For code that a bench writes; gone with the lab. */
  readonly directory: string;
  readonly client: OperatorClient;
  readonly token: string;
  readonly #cluster: OperatorCluster;
  readonly #key: PrivateKey;
  readonly #signal: AbortSignal;
  readonly #journals: ReadonlyMap<string, Journal>;
  /** Nodes that came to the lab while it ran. */
  readonly #guests = new Set<ProcessId>();

  private constructor(lab: Lab, made: { upMs: number; home: string; cluster: OperatorCluster; key: PrivateKey; signal: AbortSignal }) {
    this.lab = lab;
    this.upMs = made.upMs;
    this.directory = made.home;
    this.client = new product.OperatorClient(made.cluster);
    this.token = product.makeJoinToken(made.cluster, made.key, { validMs: 86_400_000, now: Date.now() }).token;
    this.#cluster = made.cluster;
    this.#key = made.key;
    this.#signal = made.signal;
    this.#journals = new Map(lab.nodes.map(({ name, directory }) => [name, new Journal(directory)]));
  }

  /** `begins`: told where the lab will be before its first node runs, for whoever has to take it down himself. */
  static async up(
    { nodes, rendezvous, intervalMs = INTERVAL_MS }: LabWish,
    signal: AbortSignal,
    begins: (directory: string) => void,
  ): Promise<BenchLab> {
    const home = await mkdtemp(join(tmpdir(), 'gossip-bench-lab-'));
    homes.add(home);
    begins(join(home, 'lab'));
    const late = AbortSignal.timeout(UP_MS);
    try {
      const settings = product.openSettings({ GOSSIP_HOME: home });
      const beganAt = performance.now();
      const wish = { name: 'bench', directory: join(home, 'lab'), nodes, rendezvous, intervalMs };
      const lab = await product.startLab(settings, { ...wish, signal: AbortSignal.any([signal, late]) });
      const upMs = performance.now() - beganAt;
      const cluster = await product.openCluster(settings);
      const key = await product.openOperatorKey(cluster, { passphrase: () => Promise.reject(new Error('the key of a lab has none')) });
      return new BenchLab(lab, { upMs, home, cluster, key, signal });
    } catch (error) {
      await removeHome(home);
      signal.throwIfAborted();
      throw late.aborted
        ? new NotInTime(`${nodes} nodes were not up in ${UP_MS / 1_000} s`)
        : notInTime(error, `${nodes} nodes did not start`);
    }
  }

  get nodes(): readonly LabNode[] {
    return this.lab.nodes;
  }

  get names(): string[] {
    return this.nodes.map(({ name }) => name);
  }

  /** Where the nodes listen. */
  get ports(): number[] {
    return this.nodes.map(({ address }) => Number(address.split(':').at(-1)));
  }

  /** Starts a node that joins with a token, from an empty disk. It ends with the lab, or before. */
  async welcome(directory: string, flags: readonly string[]): Promise<{ ready: Promise<void>; end: () => Promise<void> }> {
    const { id, ready } = await product.startNodeProcess(directory, [...flags, '--join', this.token]);
    this.#guests.add(id);
    const end = async (): Promise<void> => {
      await product.endProcess(id);
      this.#guests.delete(id);
    };
    return { ready, end };
  }

  /** Cores that run, and everything that they began. */
  processes(names: readonly string[] = this.names, all: readonly ProcessStat[] = allProcesses()): number[] {
    const cores = names.flatMap((name) => this.lab.node(name).process?.pid ?? []);
    return [...cores, ...descendants(cores, all)];
  }

  /** Starts nodes that do not run. */
  async start(...names: readonly string[]): Promise<void> {
    await this.lab.start(names, { signal: this.#signal }).catch((error: unknown) => {
      throw notInTime(error, `${names.join(', ')} did not start`);
    });
  }

  status(name: string): Promise<NodeStatus> {
    return this.client.status(this.lab.node(name), { patient: true }).catch((error: unknown) => {
      throw notInTime(error, `${name} tells no status`);
    });
  }

  async inspect<Shown>(name: string, module: string): Promise<Shown> {
    return (await this.client.inspect(this.lab.node(name), module as ModuleName)) as Shown;
  }

  /** Resolves once that node has acknowledged it. */
  async deploy(directory: string, { to = 'rendezvous1', settings }: { to?: string; settings?: JsonObject } = {}): Promise<Deployed> {
    const code = await product.readCode(directory);
    const module = code.moduleJson.name;
    const draft = { module, code: code.reference, settings, scrub: false, rollbackOf: null, author: 'bench', message: '' };
    const signing = { root: this.#cluster.root, key: this.#key, now: Date.now };
    const { name, record } = await product.deploy(signing, this.client, this.lab.node(to), draft, code).catch((error: unknown) => {
      throw notInTime(error, `${to} took no deployment`);
    });
    return { module, name, record };
  }

  /** Waits until all of these nodes have run it. What came so far by the deadline is told all the same. */
  async spread(deployed: Deployed, deadlineMs: number, names: readonly string[] = this.names): Promise<{ spread: Spread; late?: string }> {
    const waited = await inTime(() =>
      until(
        `${deployed.module} ${deployed.name} runs on all ${names.length} nodes`,
        async () => {
          const spread = this.spreadNow(deployed, names);
          if (reachedAt(spread, 'runningMs', 1) !== null) return { done: spread };
          return { soFar: `${count(spread, 'knownMs')} know it, ${count(spread, 'runningMs')} run it` };
        },
        { deadlineMs, signal: this.#signal },
      ),
    );
    if ('result' in waited) return { spread: waited.result };
    return { spread: this.spreadNow(deployed, names), late: waited.late };
  }

  /** Deploys it, and waits until all nodes run it; whatever comes of it is a finding, and not for the caller to go on with. */
  async running(directory: string, deadlineMs: number, settings?: JsonObject): Promise<Deployed> {
    const deployed = await this.deploy(directory, settings === undefined ? {} : { settings });
    const { late } = await this.spread(deployed, deadlineMs);
    if (late !== undefined) throw new NotInTime(late);
    return deployed;
  }

  /** As long as one machine takes that asks every node for its status itself, 16 at a time, over connections of its own. */
  async askAllMs(): Promise<number> {
    const client = new product.OperatorClient(this.#cluster);
    try {
      const beganAt = performance.now();
      await each(this.nodes, LANES, (node) => client.status(node, { patient: true }));
      return performance.now() - beganAt;
    } finally {
      client.close();
    }
  }

  spreadNow({ module, name }: Deployed, names: readonly string[] = this.names): Spread {
    const journals = names.map((node) => ({ name: node, entries: this.journal(node) }));
    return spreadOf(journals, module, name) ?? { beganMs: Date.now(), nodes: [] };
  }

  journal(name: string): ReturnType<Journal['read']> {
    return this.#journals.get(name)?.read() ?? [];
  }

  /** Ends every process of the lab, and removes what it kept. Tells how many had to be ended that should have ended with their nodes. */
  async down(): Promise<number> {
    this.client.close();
    // Whatever stands still would not notice that its core has ended.
    for (const pid of this.processes()) kill(pid, 'SIGCONT');
    const signal = this.#signal.aborted ? 'SIGKILL' : 'SIGTERM';
    await Promise.all([this.lab.stop(this.names, signal), ...[...this.#guests].map((guest) => product.endProcess(guest, signal))]);
    const left = await this.#left();
    for (const pid of left) kill(pid);
    await removeHome(this.directory);
    return left.length;
  }

  /** Hosts notice by themselves that their core is gone; they get a moment. */
  async #left(): Promise<number[]> {
    const all = await inTime(() =>
      until(
        'all processes have ended',
        async () => {
          const pids = processesBelow(this.directory);
          return pids.length === 0 ? { done: pids } : { soFar: `${pids.length} are left` };
        },
        { deadlineMs: 5_000, signal: new AbortController().signal, everyMs: 200 },
      ),
    );
    return 'result' in all ? all.result : processesBelow(this.directory);
  }
}

async function removeHome(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
  homes.delete(home);
}

/** `task` for each of the items, so many at a time; the results in their order. */
export async function each<Item, Result>(items: readonly Item[], lanes: number, task: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** A node that does not start, or does not answer, is a finding; everything else is a fault of the bench. */
const NO_ANSWER: ReadonlySet<unknown> = new Set(['GOSSIP_E_LAB', 'GOSSIP_E_UNREACHABLE', 'GOSSIP_E_TIMEOUT', 'GOSSIP_E_BUSY']);

function notInTime(error: unknown, what: string): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  return NO_ANSWER.has(code) ? new NotInTime(`${what}: ${message}`) : error;
}

function count({ nodes }: Spread, what: 'knownMs' | 'runningMs'): number {
  return nodes.filter((node) => node[what] !== null).length;
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
