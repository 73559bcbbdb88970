/** What every fault needs: a lab, someone who looks into its nodes, and code to deploy. All ends with the test's function. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { LabSettings, TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { ModuleSource, Notebook } from '../support/modules.ts';
import { journalOf, spreadOf } from './journals.ts';
import type { Entry, Spread } from './journals.ts';
import { Watcher } from './watcher.ts';

/** Of each node's log, when a fault was not survived. */
const LAST_LINES = 12;

export class FaultCluster {
  readonly lab: TestLab;
  readonly watcher: Watcher;
  /** For whatever the test writes. */
  readonly directory: string;
  #version = 0;

  constructor(lab: TestLab, watcher: Watcher, directory: string) {
    this.lab = lab;
    this.watcher = watcher;
    this.directory = directory;
  }

  get names(): string[] {
    return this.lab.nodes.map(({ name }) => name);
  }

  /** Deploys through one node; resolves with the deployment's name once that node has acknowledged it. */
  async deploy(source: ModuleSource, to = 'rendezvous1', ...flags: readonly string[]): Promise<string> {
    const path = await writeModule(this.directory, source);
    return (await this.lab.ask<{ deployment: string }>('deploy', path, '--no-check', '--to', to, ...flags)).deployment;
  }

  /** The notebook in a version of its own. */
  nextNotebook(): ModuleSource {
    this.#version += 1;
    return notebook(`1.0.${this.#version}`);
  }

  /** Deploys the next notebook, and waits until all run it. */
  async update(to = 'rendezvous1', ...flags: readonly string[]): Promise<string> {
    const deployment = await this.deploy(this.nextNotebook(), to, ...flags);
    await this.allRun(deployment);
    return deployment;
  }

  /** When the notebook of each node began: the same for as long as its state is handed over. */
  async born(): Promise<string[]> {
    const shown = await this.watcher.untilInspected<Notebook>(this.names, 'notebook', 'all show their notebooks', () => true);
    return shown.map(({ born }) => born);
  }

  async allRun(deployment: string, names: readonly string[] = this.names, module = 'notebook'): Promise<void> {
    await Promise.all(names.map((name) => this.watcher.runs(name, module, deployment)));
  }

  /** What a node did, from the beginning. */
  journal(name: string): Promise<Entry[]> {
    return journalOf(this.lab.node(name).directory);
  }

  /** How long a deployment took to reach these nodes. */
  spread(deployment: string, names: readonly string[] = this.names, module = 'notebook'): Promise<Spread> {
    return spreadOf(
      names.map((name) => this.lab.node(name).directory),
      module,
      deployment,
    );
  }
}

/** A fault that is not survived is told with the last words of every node. */
export function withCluster<Result>(settings: LabSettings, act: (cluster: FaultCluster) => Promise<Result>): Promise<Result> {
  return withDirectory((directory) =>
    withLab(settings, async (lab) => {
      try {
        return await act(new FaultCluster(lab, await Watcher.of(lab), directory));
      } catch (error) {
        process.stderr.write(`${lastWords(await logsOf(lab))}\n`);
        throw error;
      }
    }),
  );
}

export function logsOf(lab: TestLab): Promise<string[]> {
  return Promise.all(lab.nodes.map(({ directory }) => readFile(join(directory, 'node.log'), 'utf8').catch(() => '')));
}

/** The end of every log. */
export function lastWords(logs: readonly string[]): string {
  return logs.map((log) => log.trimEnd().split('\n').slice(-LAST_LINES).join('\n')).join('\n\n');
}
