/** A lab: many real nodes on this machine, each a process with its own data directory, and a cluster of its own. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { availableMemory } from 'node:process';
import { enroll } from '../core/admission/enrollment.ts';
import { nodeIdentity } from '../core/admission/node-identity.ts';
import { clusterFile, makeDataDirectory } from '../core/store/data-directory.ts';
import { makeDirectories } from '../core/store/files/directories.ts';
import { onDisk } from '../core/store/files/file-system.ts';
import { isLitter } from '../core/store/files/litter.ts';
import { writeFileDurably } from '../core/store/files/writer.ts';
import { GossipError } from '../model/errors.ts';
import type { Address } from '../model/names.ts';
import { LAB_FILE, labFile } from './lab-file.ts';
import type { LabFile, LabNode } from './lab-file.ts';
import { checkSize } from './size.ts';
import { freePorts } from './ports.ts';
import { signalProcess, startNodeProcess } from './process.ts';
import type { InspectionWish, ProcessId } from './process.ts';
import { endNode, isRunning, processOf } from './running.ts';
import { removeEmpty, TURN_FILES } from './turn.ts';

export interface LabOptions {
  /** Name of the lab's cluster in the operator's settings. */
  readonly name: string;
  readonly directory: string;
  /** All nodes, rendezvous nodes among them. */
  readonly nodes: number;
  readonly rendezvous: number;
  readonly intervalMs: number;
}

export interface StartOptions {
  /** Told as each node becomes ready. */
  readonly onReady?: (name: string) => void;
  /** Gives the start up: the nodes are ended, and `start` rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** A node whose module debuggers may come into. */
  readonly inspect?: InspectedNode | undefined;
}

/** Of the node with this name. */
export interface InspectedNode extends InspectionWish {
  readonly node: string;
}

/** Nodes that start at the same time: starting is what costs processor time. */
const STARTING = 4;

export class Lab {
  readonly directory: string;
  /** Name of the lab's cluster in the operator's settings. */
  readonly cluster: string;
  readonly intervalMs: number;
  /** As it was read, with fields that this version does not know. */
  readonly #file: LabFile;
  #nodes: readonly LabNode[];

  private constructor(directory: string, file: LabFile) {
    this.directory = directory;
    this.cluster = file.cluster;
    this.intervalMs = file.intervalMs;
    this.#file = file;
    this.#nodes = file.nodes;
  }

  get nodes(): readonly LabNode[] {
    return this.#nodes;
  }

  /** Makes identities and data directories; the nodes belong to no cluster yet, and none runs. */
  static async prepare(options: LabOptions): Promise<Lab> {
    checkOptions(options);
    await onDisk(makeDirectories(options.directory), `make ${options.directory}`);
    await requireUnused(options.directory);
    const lab = new Lab(options.directory, { cluster: options.name, intervalMs: options.intervalMs, nodes: await makeNodes(options) });
    await lab.#save();
    return lab;
  }

  /** Where the keys and the root of the lab's cluster lie. */
  get operatorDirectory(): string {
    return join(this.directory, 'operator');
  }

  /** The lab in a directory where one was started. */
  static async open(directory: string): Promise<Lab> {
    return new Lab(directory, labFile(directory));
  }

  node(name: string): LabNode {
    const node = this.#nodes.find((one) => one.name === name);
    if (!node) throw new GossipError('GOSSIP_E_NODE_UNKNOWN', `the lab has no node '${name}'`);
    return node;
  }

  /** Makes every node a member. */
  async join(token: string): Promise<void> {
    for (const { id, name, directory } of this.#nodes) await enroll(clusterFile(directory), { id, token, name, now: Date.now() });
  }

  /** Starts nodes that do not run. When one of them cannot, or when it is told to stop, no further one is begun and none is left on its way. */
  async start(names: readonly string[], { onReady, signal, inspect }: StartOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const waiting = [...names];
    let ending: Promise<unknown> | undefined;
    const giveUp = (): void => {
      waiting.length = 0;
      // Those on their way end, and with that the waiting for them.
      ending = this.stop(names, 'SIGKILL');
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    const worker = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        await this.#start(this.node(name), inspect?.node === name ? inspect : undefined);
        onReady?.(name);
      }
    };
    const workers = Array.from({ length: STARTING }, () =>
      worker().catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      }),
    );
    const failed = (await Promise.allSettled(workers)).find((end) => end.status === 'rejected');
    signal?.removeEventListener('abort', giveUp);
    await ending;
    signal?.throwIfAborted();
    if (failed) throw failed.reason;
  }

  async #start(node: LabNode, inspect: InspectionWish | undefined): Promise<void> {
    if (await isRunning(node)) return;
    const flags = ['--listen', node.address, '--interval', `${this.intervalMs}ms`];
    const { id, ready } = await startNodeProcess(node.directory, flags, inspect);
    // Saved before it is ready: whatever becomes of this process, the lab can be ended.
    await this.#set(node.name, id);
    await ready;
  }

  /**
   * Ends nodes, gracefully or at once with SIGKILL, whoever started them; gives the names of those that ran. When one cannot be ended, the others are all
   * the same.
   * @throws GOSSIP_E_LAB
   */
  async stop(names: readonly string[], signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<string[]> {
    const ends = await Promise.allSettled(
      names.map(async (name) => {
        const ran = await endNode(this.node(name), signal);
        await this.#set(name, null);
        return ran ? [name] : [];
      }),
    );
    return ends.flatMap((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  /** Sends a signal such as SIGSTOP to a node that runs. */
  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    const process = await processOf(this.node(name));
    if (process === null || !(await signalProcess(process, signal))) throw new GossipError('GOSSIP_E_LAB', `${name} does not run`);
  }

  /** Ends exactly the nodes of this lab; gives the names of those that ran. */
  down(): Promise<string[]> {
    return this.stop(this.#nodes.map(({ name }) => name));
  }

  /** Removes what the ended lab kept; whatever else lies in its directory stays, and so does the directory then. */
  async remove(): Promise<void> {
    const files = [LAB_FILE, ...TURN_FILES].map((file) => join(this.directory, file));
    for (const path of [...this.#nodes.map(({ directory }) => directory), this.operatorDirectory, ...files])
      await rm(path, { recursive: true, force: true });
    await removeEmpty(this.directory);
  }

  async #set(name: string, process: ProcessId | null): Promise<void> {
    this.#nodes = this.#nodes.map((node) => (node.name === name ? { ...node, process } : node));
    await this.#save();
  }

  /** Saves follow one another, so that the file always tells the last state. */
  #saving: Promise<void> = Promise.resolve();
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => {
      const file: LabFile = { ...this.#file, nodes: this.#nodes };
      return writeFileDurably(join(this.directory, LAB_FILE), Buffer.from(`${JSON.stringify(file, null, 2)}\n`), { mode: 0o600 });
    });
    return this.#saving;
  }
}

function checkOptions({ nodes, rendezvous }: LabOptions): void {
  checkSize(nodes, availableMemory());
  if (!Number.isInteger(rendezvous) || rendezvous < 1 || rendezvous > nodes) {
    throw new GossipError('GOSSIP_E_USAGE', `of ${nodes} nodes, 1 to ${nodes} can be rendezvous nodes, not ${rendezvous}`);
  }
}

/** Throws GOSSIP_E_LAB where a lab lies in the directory, or anything else of somebody. */
export async function requireUnused(directory: string): Promise<void> {
  const lab = await Lab.open(directory).catch(() => null);
  if (lab) {
    const processes = await Promise.all(lab.nodes.map(processOf));
    const state = processes.some((process) => process !== null) ? 'runs' : 'lies';
    throw new GossipError('GOSSIP_E_LAB', `a lab ${state} in ${directory}`, {
      advice: `End it with 'gossip lab down --dir ${directory}', or choose another --dir.`,
    });
  }
  const entries = await onDisk(readdir(directory), `look into ${directory}`);
  if (!entries.every((entry) => isLitter(entry) || TURN_FILES.includes(entry))) {
    throw new GossipError('GOSSIP_E_LAB', `${directory} is not empty`, { advice: 'Choose another --dir: a lab needs one for itself.' });
  }
}

async function makeNodes(options: LabOptions): Promise<LabNode[]> {
  const ports = await freePorts(options.nodes);
  const nodes: LabNode[] = [];
  for (const [index, port] of ports.entries()) {
    const name = index < options.rendezvous ? `rendezvous${index + 1}` : `node${index - options.rendezvous + 1}`;
    const directory = join(options.directory, name);
    const { id } = await nodeIdentity(await makeDataDirectory(directory));
    nodes.push({ id, address: `127.0.0.1:${port}` as Address, name, directory, process: null });
  }
  return nodes;
}
