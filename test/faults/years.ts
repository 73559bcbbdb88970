/** A cluster through years of what happens to keys and machines: chapter after chapter, with traffic and deployments in each, and nothing may be lost. */
import { until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { ModuleSource, Notebook } from '../support/modules.ts';
import type { ClusterStatus, NodeRow } from '../../src/operator/status/status.ts';
import { lastWords, logsOf } from './cluster.ts';
import { WAIT_MS } from './fault.ts';
import { KeptKeys } from './kept-keys.ts';
import { Machines } from './machines.ts';

const SIZE = { nodes: 10, rendezvous: 3, intervalMs: 1_000 };

/** What `cluster show` tells, as far as it is looked at. */
export interface ShownRoot {
  readonly version: number;
  readonly epoch: number;
  readonly hash: string;
  readonly holding: number;
  readonly keys: readonly { readonly keyid: string; readonly name: string | null }[];
  readonly rendezvous: readonly { readonly name: string; readonly id: string; readonly address: string }[];
}

export class Years {
  readonly lab: TestLab;
  readonly directory: string;
  readonly machines: Machines;
  readonly keys = new KeptKeys();
  /** How many milliseconds each chapter took, by its name. */
  readonly took = new Map<string, number>();
  /** Writes that were acknowledged while something happened. */
  writes = 0;
  /** How a deployment of a directory is made; resolves with its name. */
  deploy = async (path: string): Promise<string> => (await this.lab.ask<{ deployment: string }>('deploy', path, '--no-check')).deployment;
  #version = 0;
  /** By the ids of nodes: when their notebooks began. */
  readonly #born = new Map<string, string>();

  constructor(lab: TestLab, directory: string) {
    this.lab = lab;
    this.directory = directory;
    this.machines = new Machines(lab, { parent: directory, intervalMs: SIZE.intervalMs });
  }

  /** What happens, between looks at what was there before. `touched`: nodes that do not run all the while. */
  async chapter(name: string, touched: readonly string[], act: () => Promise<void>): Promise<void> {
    const beganAt = performance.now();
    // All have the keys before: what a node alone knows goes with its disk.
    await this.keys.write(name, this.machines.living);
    await this.keys.allAt(this.machines.living);
    const steady = this.machines.living.filter((machine) => !touched.includes(machine.name));
    const traffic = this.keys.traffic(name, steady);
    try {
      await act();
    } finally {
      this.writes += await traffic.end();
    }
    await this.update();
    await this.keys.allAt(this.machines.living);
    if (this.keys.failures.length > 0) throw new Error(this.keys.failures.join('; '));
    await this.#stateIsKept();
    this.took.set(name, performance.now() - beganAt);
  }

  /** Deploys the next notebook, and waits until all that live run it. */
  async update(): Promise<string> {
    const deployment = await this.deploy(await this.nextNotebook());
    await this.allRun('notebook', deployment);
    return deployment;
  }

  nextNotebook(): Promise<string> {
    this.#version += 1;
    return this.write(notebook(`1.0.${this.#version}`));
  }

  write(source: ModuleSource): Promise<string> {
    return writeModule(this.directory, source);
  }

  /** Waits until all that live run that deployment, or nothing of the module where it is null. */
  async allRun(module: string, deployment: string | null): Promise<void> {
    const isRun = ({ reachable, outside, modules }: NodeRow): boolean => {
      const row = modules.find(({ name }) => name === module);
      if (deployment === null) return reachable && row?.state !== 'running';
      return reachable && outside === null && row?.state === 'running' && row.deployment === deployment;
    };
    await this.untilLiving(`runs ${deployment} of ${module}`, isRun);
  }

  /** Waits until each that lives is as `holds` says. */
  untilLiving(what: string, holds: (node: NodeRow) => boolean): Promise<ClusterStatus> {
    const ids = this.machines.living.map(({ id }) => id);
    const all = ({ nodes }: ClusterStatus): boolean =>
      ids.every((id) => {
        const row = nodes.find((node) => node.id === id);
        return row !== undefined && holds(row);
      });
    return this.lab.untilStatus(`each of ${ids.length} nodes ${what}`, all, WAIT_MS);
  }

  show(): Promise<ShownRoot> {
    return this.lab.ask<ShownRoot>('cluster', 'show');
  }

  /** Waits until all that live hold the newest root. */
  async allHold(): Promise<ShownRoot> {
    const { length } = this.machines.living;
    let last: ShownRoot | undefined;
    const probe = async (): Promise<ShownRoot | false> => {
      last = await this.show();
      return last.holding === length && last;
    };
    return until(`${length} nodes hold the root`, probe, { deadlineMs: WAIT_MS }).catch((cause: unknown) => {
      throw new Error(`${(cause as Error).message}; last seen: ${JSON.stringify(last)}`, { cause });
    });
  }

  /** Each node's own state is the one that it began with. */
  async #stateIsKept(): Promise<void> {
    for (const { id, name, address } of this.machines.living) {
      const { born } = (await this.lab.ask<{ state: Notebook }>('module', 'inspect', 'notebook', '--to', address)).state;
      const before = this.#born.get(id) ?? born;
      if (born !== before) throw new Error(`the notebook of ${name} began with ${born}, and with ${before} before`);
      this.#born.set(id, born);
    }
  }
}

/** Ten nodes that run membership, registry and the notebook. What is not survived is told with the last words of every node. */
export function withYears<Result>(act: (years: Years) => Promise<Result>): Promise<Result> {
  return withDirectory((directory) =>
    withLab(SIZE, async (lab) => {
      const years = new Years(lab, directory);
      try {
        for (const module of ['membership', 'registry']) await lab.ask('deploy', '--module', module, '--wait');
        await years.update();
        return await act(years);
      } catch (error) {
        process.stderr.write(`${lastWords([...(await logsOf(lab)), ...years.machines.logs()])}\n`);
        throw error;
      }
    }),
  );
}
