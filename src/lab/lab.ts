/** A lab: many real nodes on this machine, each a process with its own data directory, and a cluster of its own. */
import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { availableMemory } from 'node:process';
import * as v from 'valibot';
import { enroll } from '../core/admission/enrollment.ts';
import { nodeIdentity } from '../core/admission/node-identity.ts';
import { clusterFile, makeDataDirectory } from '../core/store/data-directory.ts';
import { makeDirectories } from '../core/store/files/directories.ts';
import { onDisk } from '../core/store/files/file-system.ts';
import { isLitter } from '../core/store/files/litter.ts';
import { readRegularFile } from '../core/store/files/regular-file.ts';
import { writeFileDurably } from '../core/store/files/writer.ts';
import { GossipError } from '../model/errors.ts';
import { nodeName } from '../model/forms.ts';
import type { Address, Peer } from '../model/names.ts';
import { checkSize } from './size.ts';
import { freePorts } from './ports.ts';
import { endProcess, isAlive, signalProcess, startNodeProcess } from './process.ts';
import type { InspectionWish, ProcessId } from './process.ts';

/** A node of a lab. `process` is null while it is stopped. */
export interface LabNode extends Peer {
  readonly directory: string;
  readonly process: ProcessId | null;
}

interface LabFile {
  readonly cluster: string;
  readonly intervalMs: number;
  readonly nodes: readonly LabNode[];
}

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
export const LAB_FILE = 'lab.json';
/** Many times what the largest lab takes. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Open, and kept when the file is written again: another version of the program may have added fields. */
const fileSchema = v.looseObject({
  cluster: v.string(),
  intervalMs: v.number(),
  nodes: v.array(
    v.looseObject({
      id: v.string(),
      address: v.string(),
      // Its directory is called so.
      name: nodeName,
      directory: v.string(),
      process: v.nullable(v.looseObject({ pid: v.number(), started: v.string() })),
    }),
  ),
});

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
    return new Lab(directory, here(parseFile(readLabFile(directory), directory), directory));
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
    let ending: Promise<void> | undefined;
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
    if (node.process && (await isAlive(node.process))) return;
    const flags = ['--listen', node.address, '--interval', `${this.intervalMs}ms`];
    const { id, ready } = await startNodeProcess(node.directory, flags, inspect);
    // Saved before it is ready: whatever becomes of this process, the lab can be ended.
    await this.#set(node.name, id);
    await ready;
  }

  /** Ends nodes: gracefully, or at once with SIGKILL. */
  async stop(names: readonly string[], signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const { process } = this.node(name);
        if (process) await endProcess(process, signal);
        await this.#set(name, null);
      }),
    );
  }

  /** Sends a signal such as SIGSTOP to a node that runs. */
  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    const { process } = this.node(name);
    if (!process || !(await signalProcess(process, signal))) throw new GossipError('GOSSIP_E_LAB', `${name} does not run`);
  }

  /** Ends exactly the processes that this lab started. */
  async down(): Promise<void> {
    await this.stop(this.#nodes.map(({ name }) => name));
  }

  /** Removes what the ended lab kept; whatever else lies in its directory stays, and so does the directory then. */
  async remove(): Promise<void> {
    const own = [...this.#nodes.map(({ directory }) => directory), this.operatorDirectory, join(this.directory, LAB_FILE)];
    for (const path of own) await rm(path, { recursive: true, force: true });
    await rmdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY') throw error;
    });
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

/**
 * The file as it holds for the place where it lies now: the directories in it name where the lab was made. Those of a moved lab are beside the file. Of
 * a copy the processes are those of the lab that it was copied from, which is still there: the copy has none, and ends none.
 */
function here(file: LabFile, directory: string): LabFile {
  const nodes = file.nodes.map((node): LabNode => {
    const own = join(directory, node.name);
    const isCopy = resolve(node.directory) !== resolve(own) && existsSync(node.directory);
    return { ...node, directory: own, process: isCopy ? null : node.process };
  });
  return { ...file, nodes };
}

function readLabFile(directory: string): string {
  try {
    return readRegularFile(join(directory, LAB_FILE), { maxBytes: MAX_FILE_BYTES, code: 'GOSSIP_E_LAB' }).toString('utf8');
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    throw new GossipError('GOSSIP_E_LAB', `there is no lab in ${directory}`, { cause });
  }
}

function checkOptions({ nodes, rendezvous }: LabOptions): void {
  checkSize(nodes, availableMemory());
  if (!Number.isInteger(rendezvous) || rendezvous < 1 || rendezvous > nodes) {
    throw new GossipError('GOSSIP_E_USAGE', `of ${nodes} nodes, 1 to ${nodes} can be rendezvous nodes, not ${rendezvous}`);
  }
}

async function requireUnused(directory: string): Promise<void> {
  const lab = await Lab.open(directory).catch(() => null);
  if (lab) {
    const alive = await Promise.all(lab.nodes.map(async ({ process }) => process !== null && (await isAlive(process))));
    const state = alive.includes(true) ? 'runs' : 'lies';
    throw new GossipError('GOSSIP_E_LAB', `a lab ${state} in ${directory}`, {
      advice: `End it with 'gossip lab down --dir ${directory}', or choose another --dir.`,
    });
  }
  if (!(await onDisk(readdir(directory), `look into ${directory}`)).every(isLitter)) {
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

function parseFile(text: string, directory: string): LabFile {
  try {
    return v.parse(fileSchema, JSON.parse(text)) as unknown as LabFile;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_LAB', `${join(directory, LAB_FILE)} is damaged`, {
      cause,
      advice: 'End its nodes by hand; their pids were in the file.',
    });
  }
}
