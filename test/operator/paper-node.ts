/** Nodes on paper: they verify, refuse taken numbers and ask for missing blobs as real ones do, in memory. */
import type { NodeAddress, NodeApi } from '../../src/operator/client/client.ts';
import type { Sending } from '../../src/operator/client/transfer.ts';
import type { ContentHash, ModuleName, NodeId } from '../../src/model/names.ts';
import { deploymentName } from '../../src/model/deployment.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import { GossipError } from '../../src/model/errors.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { ModuleStatus, NodeStatus } from '../../src/api/status.ts';
import { digestOf } from '../../src/gossip/digest.ts';
import { makeVerifier } from '../../src/trust/deployment.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { hashBytes, manifestHash } from '../../src/trust/manifest.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';
import type { CodeSource } from '../../src/operator/deploy/code-source.ts';
import { peer } from '../support/records.ts';

export const operatorKey = generateKey();
export const rendezvous = [peer(1, 'rendezvous1'), peer(2, 'rendezvous2')];
export const root = trustRoot(
  makeRoot({ name: 'paper', created: 0, rootKeys: [operatorKey], deployKeys: [operatorKey], admitKeys: [operatorKey], rendezvous }),
);
export const signing = { root, key: operatorKey, now: () => 1_700_000_000_000 };

/** Code of one small file. */
export function paperCode(text: string): CodeSource {
  const bytes = Buffer.from(text);
  const manifest: Manifest = { type: 'gossip/manifest/1', files: [{ path: 'index.mjs', size: bytes.length, sha256: hashBytes(bytes) }] };
  return {
    reference: { hash: manifestHash(manifest), bytes: bytes.length, files: 1, version: text },
    manifest: () => Promise.resolve(manifest),
    blob: () => Promise.resolve(bytes),
  };
}

export function moduleStatus(record: VerifiedDeployment, changes: Partial<ModuleStatus> = {}): ModuleStatus {
  const { module, number, code } = record.deployment;
  const name = deploymentName(record.deployment);
  return {
    name: module,
    state: code === null ? 'stopped' : 'running',
    deployment: code === null ? null : name,
    number: code === null ? null : number,
    code: code?.hash ?? null,
    version: code?.version ?? null,
    newest: name,
    newestNumber: number,
    why: null,
    sinceMs: 1_500,
    restarts: 0,
    useful: true,
    pid: 4_711,
    residentBytes: 50_000_000,
    processor: 0.02,
    stateEpoch: 0,
    ...changes,
  };
}

export function nodeStatus(node: NodeAddress, records: readonly VerifiedDeployment[], changes: Partial<NodeStatus> = {}): NodeStatus {
  const newest = new Map<ModuleName, VerifiedDeployment>();
  for (const record of records) newest.set(record.deployment.module, record);
  return {
    cluster: root.cluster,
    epoch: 1,
    id: node.id,
    name: node.name,
    address: node.address,
    incarnation: 1,
    uptimeMs: 61_000,
    isolation: 'namespaces',
    version: '0.1.0',
    digest: digestOf(records.map(({ hash }) => hash)),
    highestSequence: Math.max(0, ...records.map(({ deployment }) => deployment.number.sequence)),
    backup: { rate: 'slow', why: 'all modules gossip usefully' },
    rendezvous: rendezvous.some(({ id }) => id === node.id),
    modules: [...newest.values()].map((record) => moduleStatus(record)),
    peers: [],
    disk: { error: null, contentBytes: 0 },
    outgoing: { error: null },
    alarms: [],
    ...changes,
  };
}

export interface PaperNode {
  readonly node: NodeAddress;
  readonly records: VerifiedDeployment[];
  readonly blobs: Map<ContentHash, Uint8Array>;
  readonly manifests: Map<ContentHash, Manifest>;
  /** What `status` adds or changes; null: it does not answer. */
  status: Partial<NodeStatus> | null;
  /** Called before each announcement: what others do meanwhile. */
  beforeAnnounce: () => void;
}

/** A door to nodes on paper. */
export class PaperDoor implements NodeApi {
  readonly nodes = new Map<NodeId, PaperNode>();
  readonly verify = makeVerifier(root);
  /** What a node shows for its configuration instead of its records. */
  readonly shows = new Map<NodeId, readonly unknown[]>();
  /** Nodes that have too much to do: they answer those who wait longer than usual. */
  readonly late = new Set<NodeId>();
  /** Every call, in order. */
  readonly calls: string[] = [];

  add(node: NodeAddress): PaperNode {
    const made: PaperNode = { node, records: [], blobs: new Map(), manifests: new Map(), status: {}, beforeAnnounce: () => undefined };
    this.nodes.set(node.id, made);
    return made;
  }

  async status(node: NodeAddress, { patient = false }: { readonly patient?: boolean } = {}): Promise<NodeStatus> {
    const { records, status } = this.#at(node, patient ? 'patient-status' : 'status');
    if (this.late.has(node.id) && !patient)
      throw new GossipError('GOSSIP_E_TIMEOUT', `cannot reach ${node.name}: it did not answer in time`);
    return nodeStatus(node, records, status ?? {});
  }

  async moduleStatus(node: NodeAddress, module: ModuleName): Promise<NodeStatus> {
    const { records, status } = this.#at(node, 'module-status');
    const whole = nodeStatus(node, records, status ?? {});
    return { ...whole, modules: whole.modules.filter(({ name }) => name === module), peers: [], alarms: [] };
  }

  async configuration(node: NodeAddress): Promise<readonly unknown[]> {
    const { records } = this.#at(node, 'configuration');
    return this.shows.get(node.id) ?? records.map(({ envelope }) => envelope);
  }

  async announce(node: NodeAddress, envelope: unknown, manifest: Manifest | null): ReturnType<NodeApi['announce']> {
    const at = this.#at(node, 'announce');
    at.beforeAnnounce();
    const record = this.verify(envelope);
    if (at.records.some(({ hash }) => hash === record.hash)) return { outcome: 'known' };
    const highest = Math.max(0, ...at.records.map(({ deployment }) => deployment.number.sequence));
    if (record.deployment.number.sequence <= highest) throw new GossipError('GOSSIP_E_NUMBER_TAKEN', `d${highest} is taken`);
    const missing = manifest?.files.map(({ sha256 }) => sha256).filter((hash) => !at.blobs.has(hash)) ?? [];
    if (missing.length > 0) return { missing };
    if (manifest !== null) at.manifests.set(manifestHash(manifest), manifest);
    at.records.push(record);
    return { outcome: 'applied' };
  }

  async putBlob(node: NodeAddress, _code: ContentHash, blob: ContentHash, bytes: Uint8Array, _sending?: Sending): Promise<void> {
    this.#at(node, 'putBlob').blobs.set(blob, bytes);
  }

  async manifest(node: NodeAddress, code: ContentHash): Promise<Manifest> {
    const manifest = this.#at(node, 'manifest').manifests.get(code);
    if (manifest === undefined) throw new GossipError('GOSSIP_E_NOT_FOUND', `${code} is not here`);
    return manifest;
  }

  async blob(node: NodeAddress, _code: ContentHash, blob: ContentHash): Promise<Uint8Array> {
    return this.#at(node, 'blob').blobs.get(blob) ?? new Uint8Array();
  }

  async inspect(): Promise<null> {
    return null;
  }

  async identify(address: NodeAddress['address']): Promise<NodeAddress> {
    const found = [...this.nodes.values()].find(({ node }) => node.address === address);
    if (found === undefined) throw new GossipError('GOSSIP_E_UNREACHABLE', `cannot reach ${address}`);
    return found.node;
  }

  #at(node: NodeAddress, call: string): PaperNode {
    this.calls.push(`${call} ${node.name}`);
    const at = this.nodes.get(node.id);
    if (at === undefined || at.status === null)
      throw new GossipError('GOSSIP_E_UNREACHABLE', `cannot reach ${node.name}: nothing listens there`);
    return at;
  }
}
