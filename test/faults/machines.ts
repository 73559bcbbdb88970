/** The machines of a cluster that lives for long: nodes that sleep and wake, move to other addresses, and are replaced by others under their names. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../src/lab/ports.ts';
import { startNode } from '../support/gossip.ts';
import type { RunningNode } from '../support/gossip.ts';
import type { TestLab } from '../support/lab.ts';

export interface Machine {
  readonly name: string;
  readonly id: string;
  readonly address: string;
  readonly directory: string;
}

export class Machines {
  readonly #lab: TestLab;
  /** For the data of machines that come later. */
  readonly #parent: string;
  readonly #intervalMs: number;
  readonly #machines: Map<string, Machine>;
  /** Those that the lab has not started, or not the last time. */
  readonly #started = new Map<string, RunningNode>();
  readonly #asleep = new Set<string>();
  #made = 0;

  constructor(lab: TestLab, { parent, intervalMs }: { readonly parent: string; readonly intervalMs: number }) {
    this.#lab = lab;
    this.#parent = parent;
    this.#intervalMs = intervalMs;
    this.#machines = new Map(lab.nodes.map(({ name, id, address, directory }) => [name, { name, id, address, directory }]));
  }

  /** Those that run. */
  get living(): Machine[] {
    return [...this.#machines.values()].filter(({ name }) => !this.#asleep.has(name));
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  /** The last words of those that the lab did not start. */
  logs(): string[] {
    return [...this.#started.values()].map((node) => node.log());
  }

  /** Ends the node in order, or by SIGKILL. */
  async sleep(name: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Machine> {
    const machine = this.machine(name);
    this.#asleep.add(name);
    const node = this.#started.get(name);
    if (node !== undefined) await node.stop(signal);
    else if (signal === 'SIGKILL') await this.#lab.kill(name);
    else await this.#lab.stop(name);
    return machine;
  }

  /** Starts it again with its data, at its address. */
  async wake(name: string): Promise<void> {
    await this.#start(this.machine(name), []);
  }

  /** It is not there any more, and nobody waits for it. */
  lose(name: string): void {
    this.#machines.delete(name);
    this.#asleep.delete(name);
  }

  /** The node with its data at another address of the same machine. */
  async move(name: string): Promise<string> {
    const machine = await this.sleep(name);
    const address = await freeAddress();
    this.#machines.set(name, { ...machine, address });
    return address;
  }

  /** Another machine, with an empty disk; it does not run yet. `disk`: whether what the old one kept is lost with it. */
  async make(name: string): Promise<Machine> {
    this.#made += 1;
    const directory = join(this.#parent, `machine${this.#made}`);
    const { id } = await this.#lab.ask<{ id: string }>('node', 'identity', '--data', directory);
    return { name, id, address: await freeAddress(), directory };
  }

  /** Lets a new machine join with a token of now; it takes the place of whoever had its name. Resolves with the token's length. */
  async join(machine: Machine): Promise<number> {
    const { token } = await this.#lab.ask<{ token: string }>('cluster', 'join-token');
    const path = join(this.#parent, `${machine.name}.token`);
    await writeFile(path, token, { mode: 0o600 });
    this.#started.delete(machine.name);
    this.#machines.set(machine.name, machine);
    await this.#start(machine, ['--name', machine.name, '--join', `@${path}`]);
    return token.length;
  }

  /** Its disk died with everything on it. */
  async loseDisk(name: string): Promise<void> {
    const { directory } = await this.sleep(name, 'SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }

  async #start({ name, directory, address }: Machine, flags: readonly string[]): Promise<void> {
    const node = await startNode(['--data', directory, '--listen', address, '--interval', `${this.#intervalMs}ms`, ...flags], {
      home: this.#lab.home,
    });
    this.#started.set(name, node);
    this.#asleep.delete(name);
  }
}

async function freeAddress(): Promise<string> {
  const [port] = await freePorts(1);
  return `127.0.0.1:${port}`;
}
