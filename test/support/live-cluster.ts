/**
 * A small cluster of real nodes in this process: real TLS, real disks, real module hosts, keys that the test holds. Every
 * node is the product as it is composed by `runNode`, from a scratch copy of the source: with all its defences, or, where
 * a test shows what a defence is for, with one taken out.
 */
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { bundleHost } from '../../scripts/bundle-host.ts';
import { nodeIdentity } from '../../src/core/admission/node-identity.ts';
import type * as Run from '../../src/core/run.ts';
import { freePorts } from '../../src/lab/ports.ts';
import type { Deployment, VerifiedDeployment } from '../../src/model/deployment.ts';
import type { Address, NodeId, ModuleName, Peer } from '../../src/model/names.ts';
import type { ModuleStatus, NodeStatus } from '../../src/api/status.ts';
import { makeDelegation } from '../../src/trust/admission.ts';
import { makeVerifier, signDeployment } from '../../src/trust/deployment.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { makeToken } from '../../src/trust/token.ts';
import { makeWarrant } from '../../src/trust/warrant.ts';
import { scratchCopy } from '../trust/mutant.ts';
import type { Mutation } from '../trust/mutant.ts';
import type { Code } from './code.ts';
import { Member } from './member.ts';
import type { Heard } from './member.ts';

export interface ClusterOptions {
  /** All of them; the first is the rendezvous node. */
  readonly names: readonly string[];
  readonly intervalMs?: number;
  /** Whether the nodes tell metrics. Default: no. */
  readonly metrics?: boolean;
  /** Defences that are left out. */
  readonly without?: readonly Mutation[];
}

export interface DeployOptions {
  readonly module?: string;
  /** Null removes the module. */
  readonly code: Code | null;
  readonly settings?: Deployment['settings'];
  readonly scrub?: boolean;
}

/** How long a condition may take to come true on a very busy machine; a test waits for several. */
const DEADLINE_MS = 60_000;
vi.setConfig({ testTimeout: 3 * DEADLINE_MS, hookTimeout: DEADLINE_MS });

/** Imports from a scratch copy of the source that has a module host, as a build has. */
export async function builtCopy(without: readonly Mutation[] = []): Promise<<Module>(entry: string) => Promise<Module>> {
  const copy = await scratchCopy(without);
  const host = join(copy, 'src', 'host');
  await bundleHost(join(host, 'host.mjs'), join(host, 'main.ts'));
  return <Module>(entry: string) => import(/* @vite-ignore */ join(copy, 'src', entry)) as Promise<Module>;
}

export class LiveCluster {
  readonly root: TrustedRoot;
  readonly nodes: readonly LiveNode[];
  /** Lets anybody join; never ends. */
  readonly token: string;
  /** An operator's commands: admitted, and no node. */
  readonly operator: Member;
  readonly #deployKey: ReturnType<typeof generateKey>;

  private constructor(nodes: readonly LiveNode[]) {
    this.#deployKey = generateKey();
    const [rootKey, admitKey, secret] = [generateKey(), generateKey(), generateKey()];
    const rendezvous = nodes.slice(0, 1).map(({ peer }) => peer);
    const keys = { rootKeys: [rootKey], deployKeys: [this.#deployKey], admitKeys: [admitKey] };
    this.root = trustRoot(makeRoot({ name: 'live', created: 1_700_000_000_000, ...keys, rendezvous }));
    const delegation = makeDelegation({ cluster: this.root.cluster, public: secret.public, expires: null }, [admitKey]);
    this.token = makeToken({ root: this.root.envelope, delegation, secret });
    this.operator = new Member(this.token);
    this.nodes = nodes;
    for (const node of nodes) node.belongTo(this);
  }

  /** For the header of what only operators may ask. */
  warrantFor(id: NodeId): string {
    return makeWarrant(this.root, id, this.#deployKey);
  }

  /** Makes the nodes; none runs yet. All end with the test. */
  static async make({ names, intervalMs = 200, metrics = false, without = [] }: ClusterOptions): Promise<LiveCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'gossip-live-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    const load = await builtCopy(without);
    const { runNode } = await load<typeof Run>('core/run.ts');
    const ports = await freePorts(names.length);
    const nodes = await Promise.all(
      names.map(async (name, index) => {
        const dataDir = join(directory, name);
        await mkdir(dataDir, { mode: 0o700 });
        const { id } = await nodeIdentity(dataDir);
        const peer: Peer = { id, name, address: `127.0.0.1:${ports[index]}` as Address };
        return new LiveNode(peer, dataDir, intervalMs, runNode, metrics);
      }),
    );
    onTestFinished(async () => void (await Promise.all(nodes.map((node) => node.stop()))));
    return new LiveCluster(nodes);
  }

  /** The same, with all nodes running. */
  static async up(options: ClusterOptions): Promise<LiveCluster> {
    const cluster = await LiveCluster.make(options);
    await Promise.all(cluster.nodes.map((node) => node.start()));
    return cluster;
  }

  node(name: string): LiveNode {
    const node = this.nodes.find(({ peer }) => peer.name === name);
    if (!node) throw new Error(`no node ${name}`);
    return node;
  }

  /** A deployment that the operators signed, and nobody has yet. */
  sign(sequence: number, { module = 'words', code, settings = {}, scrub = false }: DeployOptions): VerifiedDeployment {
    const deployment: Deployment = {
      type: 'gossip/deployment/1',
      cluster: this.root.cluster,
      epoch: 1,
      number: { sequence, time: 1_700_000_000_000 + sequence, origin: (this.nodes[0] as LiveNode).peer.id },
      module: module as ModuleName,
      code: code && code.reference,
      settings,
      scrub,
      rollbackOf: null,
      author: 'ada',
      message: '',
    };
    return makeVerifier(this.root)(signDeployment(deployment, [this.#deployKey]));
  }

  /** Signs a deployment and injects it, code and all. */
  async deploy(to: LiveNode, sequence: number, options: DeployOptions): Promise<VerifiedDeployment> {
    const record = this.sign(sequence, options);
    await this.inject(to, record, options.code);
    return record;
  }

  async inject(to: LiveNode, { envelope }: VerifiedDeployment, code: Code | null): Promise<void> {
    const manifest: unknown = code && JSON.parse(Buffer.from(encodeManifest(code.manifest)).toString());
    const body = { envelope, manifest };
    const announced = await this.operator.say(to.peer, '/v1/deployments', { method: 'POST', body });
    for (const hash of (announced.json as { missing?: string[] }).missing ?? []) {
      const path = `/v1/code/${code?.reference.hash}/blobs/${hash}`;
      const { status, text } = await this.operator.say(to.peer, path, { method: 'PUT', body: code?.blobs.get(hash as never) });
      if (status !== 204) throw new Error(`the blob was refused: ${text}`);
    }
    const { status, text } = await this.operator.say(to.peer, '/v1/deployments', { method: 'POST', body });
    if (status !== 201) throw new Error(`the deployment was refused: ${text}`);
  }

  /** Waits until these nodes run that deployment. */
  async converge(deployment: string, nodes: readonly LiveNode[] = this.nodes, module = 'words'): Promise<void> {
    for (const node of nodes) {
      await node.until(`it runs ${deployment}`, async () => {
        const status = await node.module(module);
        return status?.state === 'running' && status.deployment === deployment;
      });
    }
  }
}

export class LiveNode {
  readonly peer: Peer;
  readonly dataDir: string;
  readonly #intervalMs: number;
  readonly #runNode: typeof Run.runNode;
  readonly #tellsMetrics: boolean;
  /** Where it tells them, while it runs. */
  metrics: string | null = null;
  #running: Run.RunningNode | null = null;
  #cluster: LiveCluster | null = null;

  constructor(peer: Peer, dataDir: string, intervalMs: number, runNode: typeof Run.runNode, tellsMetrics = false) {
    this.peer = peer;
    this.dataDir = dataDir;
    this.#intervalMs = intervalMs;
    this.#runNode = runNode;
    this.#tellsMetrics = tellsMetrics;
  }

  belongTo(cluster: LiveCluster): void {
    this.#cluster = cluster;
  }

  async start(): Promise<void> {
    this.#running = await this.#runNode({
      name: this.peer.name,
      dataDir: this.dataDir,
      listen: this.peer.address,
      ...(this.#cluster && { token: this.#cluster.token }),
      intervalMs: this.#intervalMs,
      modules: 'all',
      logLevel: 'silent',
      logFormat: 'json',
      ...(this.#tellsMetrics && { metrics: { listen: { host: '127.0.0.1', port: 0 } } }),
      onReady: ({ metrics }) => (this.metrics = metrics),
    });
  }

  /** Ends the node in order; harmless when it does not run. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }

  /** Copies its disk aside. */
  async copyDisk(): Promise<string> {
    const copy = `${this.dataDir}-${crypto.randomUUID()}`;
    await cp(this.dataDir, copy, { recursive: true });
    return copy;
  }

  /** The same node once more, from a copy of its disk and at an address of its own; not started, ends with the test. */
  async cloned(): Promise<LiveNode> {
    const [port] = await freePorts(1);
    const peer: Peer = { ...this.peer, address: `127.0.0.1:${port}` as Address };
    const clone = new LiveNode(peer, await this.copyDisk(), this.#intervalMs, this.#runNode);
    if (this.#cluster) clone.belongTo(this.#cluster);
    onTestFinished(() => clone.stop());
    return clone;
  }

  /** What it wrote down as having done. */
  async journal(): Promise<readonly { readonly event: string; readonly code?: string; readonly why?: string }[]> {
    const text = await readFile(join(this.dataDir, 'journal.jsonl'), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
  }

  /** Puts another disk in its place. */
  async replaceDisk(copy: string): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
    await cp(copy, this.dataDir, { recursive: true });
  }

  async status(): Promise<NodeStatus> {
    const { status, json, text } = await this.#ask('/v1/status');
    if (status !== 200) throw new Error(`${this.peer.name} tells no status: ${text}`);
    return json as NodeStatus;
  }

  async module(name = 'words'): Promise<ModuleStatus | undefined> {
    return (await this.status()).modules.find((module) => module.name === name);
  }

  /** What the running instance shows; null while none can. */
  async inspect<Shown>(module = 'words'): Promise<Shown | null> {
    const { status, json } = await this.#ask(`/v1/modules/${module}/inspect`);
    return status === 200 ? (json as Shown) : null;
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + DEADLINE_MS;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`${this.peer.name}: not in time: ${what}; ${JSON.stringify(await this.status())}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #ask(path: string): Promise<Heard> {
    if (!this.#cluster) throw new Error('the node is of no cluster yet');
    return this.#cluster.operator.say(this.peer, path);
  }
}
