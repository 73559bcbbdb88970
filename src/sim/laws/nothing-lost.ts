/** Law 5: what a node acknowledged is on its disk, with its code, and what is on a disk stays there. */
import { deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { Happening, NodeSight } from './happening.ts';
import { epochAfter, isLower } from './order.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

/** Records kept of each module: older ones give way to newer ones. */
const KEPT = 64;

interface Held {
  readonly last: readonly VerifiedDeployment[];
  readonly before: readonly VerifiedDeployment[];
  /** Writes until both copies are sound again after one was damaged: until then more damage is damage to both. */
  readonly writesToHeal: number;
}

const GENERATIONS = 2;

export class NothingLost implements Law {
  readonly name = '5 (nothing accepted is lost)';
  /** What each disk held last, and what it held before the last change. */
  readonly #held = new Map<NodeSight, Held>();

  observe(happening: Happening): void {
    const { type, node } = happening;
    if (type === 'acknowledged') this.#requireDurable(node, happening.record);
    else if (type === 'damaged') this.#allowDamage(node, happening.copies);
    else if (type === 'persisted' || type === 'up' || type === 'down') this.#requireKept(node);
  }

  #requireDurable({ peer, disk }: NodeSight, record: VerifiedDeployment): void {
    const { code } = record.deployment;
    const there = disk.records.some(({ hash }) => hash === record.hash);
    const missing = !there ? 'the record' : code !== null && !disk.codes.has(code.hash) ? 'the code' : null;
    if (missing === null) return;
    throw new LawBroken(this.name, `${peer.name} acknowledged ${deploymentName(record.deployment)} and has not ${missing} on its disk`);
  }

  #requireKept(node: NodeSight): void {
    const now = node.disk.records;
    const { last, writesToHeal } = this.#of(node);
    if (now === last) return;
    this.#held.set(node, { last: now, before: last, writesToHeal: Math.max(0, writesToHeal - 1) });
    this.#require(node, last);
  }

  /**
   * A disk that lies takes what it takes, from this node alone, for others have it. But damage to one of two copies
   * takes no more than the last change.
   */
  #allowDamage(node: NodeSight, copies: 'one' | 'both'): void {
    const { before, writesToHeal } = this.#of(node);
    if (copies === 'one' && writesToHeal === 0) this.#require(node, before);
    this.#held.set(node, { last: node.disk.records, before: [], writesToHeal: GENERATIONS });
  }

  #require(node: NodeSight, expected: readonly VerifiedDeployment[]): void {
    const now = node.disk.records;
    const kept = new Set(now.map(({ hash }) => hash));
    const lost = expected.filter((record) => !kept.has(record.hash) && !outdated(record, now));
    if (lost.length === 0) return;
    // What a trust epoch outranks is forgotten with it.
    const epoch = epochAfter(node.disk.steps);
    for (const record of lost) {
      if (record.deployment.epoch < epoch) continue;
      throw new LawBroken(this.name, `${deploymentName(record.deployment)} is gone from the disk of ${node.peer.name}`);
    }
  }

  #of(node: NodeSight): Held {
    return this.#held.get(node) ?? { last: [], before: [], writesToHeal: 0 };
  }
}

/** Whether enough later records of its module took its place. */
function outdated(record: VerifiedDeployment, records: readonly VerifiedDeployment[]): boolean {
  return records.filter((other) => other.deployment.module === record.deployment.module && isLower(record, other)).length >= KEPT;
}
