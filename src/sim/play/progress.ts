/** How far the nodes that are up have come: who knows what, and who runs the newest. Kept up to date node by node. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../model/names.ts';
import type { Happening, NodeSight } from '../laws/happening.ts';
import { newestOf } from '../laws/order.ts';
import { stateEpochAmong } from '../node/provenance.ts';

/** What a node must run of one module; null: nothing, it was removed. */
interface Goal {
  readonly module: ModuleName;
  readonly deployment: PayloadHash | null;
  readonly stateEpoch: PayloadHash | null;
}

interface Standing {
  readonly records: readonly VerifiedDeployment[];
  readonly content: string;
  readonly goals: readonly Goal[];
  arrived: boolean;
}

export class Progress {
  readonly #standings = new Map<NodeSight, Standing>();
  /** How many nodes hold the same configuration, by its content. */
  readonly #contents = new Map<string, number>();
  /** How many nodes hold each record. */
  readonly #holders = new Map<PayloadHash, number>();
  #behind = 0;

  observe({ type, node }: Happening): void {
    if (type === 'down') this.#remove(node);
    else if (type === 'message' || type === 'state') return;
    else if (type === 'handled' || type === 'up') this.#read(node);
    else this.#arrive(node);
  }

  /** Whether all nodes that are up hold the same configuration. */
  get equal(): boolean {
    return this.#contents.size <= 1;
  }

  /** Whether they also run the newest deployment of every module, in its state epoch, and nothing else. */
  get arrived(): boolean {
    return this.equal && this.#behind === 0;
  }

  /** How many nodes that are up hold the record. */
  holders(hash: PayloadHash): number {
    return this.#holders.get(hash) ?? 0;
  }

  /** Who holds what, in words. */
  describe(): string {
    const counts = [...this.#contents.values()].toSorted((a, b) => b - a);
    return `${counts.length} different configurations, held by ${counts.join(', ')} nodes`;
  }

  #read(node: NodeSight): void {
    const before = this.#standings.get(node);
    if (before?.records === node.records) return;
    this.#remove(node);
    const { records } = node;
    const standing: Standing = { records, content: contentOf(records), goals: goalsOf(records), arrived: true };
    this.#standings.set(node, standing);
    count(this.#contents, standing.content, 1);
    for (const { hash } of records) count(this.#holders, hash, 1);
    this.#arrive(node);
  }

  #remove(node: NodeSight): void {
    const before = this.#standings.get(node);
    if (before === undefined) return;
    this.#standings.delete(node);
    if (!before.arrived) this.#behind -= 1;
    count(this.#contents, before.content, -1);
    for (const { hash } of before.records) count(this.#holders, hash, -1);
  }

  #arrive(node: NodeSight): void {
    const standing = this.#standings.get(node);
    if (standing === undefined) return;
    const arrived = standing.goals.every((goal) => reached(node, goal));
    if (arrived !== standing.arrived) this.#behind += arrived ? -1 : 1;
    standing.arrived = arrived;
  }
}

/** What nobody holds any more is forgotten. */
function count<Key>(counts: Map<Key, number>, key: Key, more: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + more;
  if (now > 0) counts.set(key, now);
  else counts.delete(key);
}

function reached(node: NodeSight, { module, deployment, stateEpoch }: Goal): boolean {
  const running = node.running.get(module);
  if (deployment === null || running === undefined) return deployment === null && running === undefined;
  return running.record.hash === deployment && running.provenance.stateEpoch === stateEpoch;
}

function goalsOf(records: readonly VerifiedDeployment[]): Goal[] {
  return [...newestOf(records)].map(([module, { hash, deployment }]) => ({
    module,
    deployment: deployment.code === null ? null : hash,
    stateEpoch: stateEpochAmong(records, module),
  }));
}

function contentOf(records: readonly VerifiedDeployment[]): string {
  return records
    .map(({ hash }) => hash.slice(0, 16))
    .toSorted()
    .join('');
}
