/**
 * Law 1 of the root: a node's root only goes forward, in memory and on disk, and every root that a node accepts is signed by the thresholds of its predecessor
 * and its own. The signatures are verified here anew, whatever the node made of them. And no record counts of another trust epoch than the root's (attack A10).
 */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { nextRoot } from '../../trust/next-root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { PayloadHash } from '../../model/names.ts';
import type { Happening, NodeSight } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

interface Seen {
  /** What the node held last, in this run. */
  held: number;
  /** How many steps its disk had. */
  kept: number;
  records: readonly VerifiedDeployment[] | null;
  epoch: number;
}

export class RootsForward implements Law {
  readonly name = '1 (roots only forward)';
  readonly #seen = new Map<NodeSight, Seen>();
  /** Those that were verified: the first one, and each that follows from one of them. */
  readonly #good: Map<PayloadHash, TrustedRoot>;

  constructor(first: TrustedRoot) {
    this.#good = new Map([[first.hash, first]]);
  }

  observe({ node, type }: Happening): void {
    const seen = this.#seen.get(node) ?? { held: 1, kept: 0, records: null, epoch: 1 };
    this.#seen.set(node, seen);
    const kept = node.disk.steps.length;
    if (type === 'damaged') {
      seen.kept = kept;
      // One that is down knows what it will find.
      if (!node.up) seen.held = 1 + kept;
    } else if (type === 'down') {
      // A write that was under way may have reached the disk.
      seen.kept = this.#rise(node, 'keeps', seen.kept, kept);
      seen.held = 1 + kept;
    } else if (type === 'persisted' || type === 'up') seen.kept = this.#rise(node, 'keeps', seen.kept, kept);
    if (node.root === null || type !== 'handled') return;
    seen.held = this.#rise(node, 'holds', seen.held, node.root.root.version);
    this.#verify(node, node.root);
    this.#requireEpoch(node, seen, node.root.root.epoch);
  }

  #requireEpoch({ peer, records }: NodeSight, seen: Seen, epoch: number): void {
    if (seen.records === records && seen.epoch === epoch) return;
    Object.assign(seen, { records, epoch });
    const past = records.find(({ deployment }) => deployment.epoch !== epoch);
    if (past === undefined) return;
    throw new LawBroken(this.name, `${peer.name} holds a record of trust epoch ${past.deployment.epoch}, and a root of ${epoch}`);
  }

  #rise({ peer }: NodeSight, verb: string, before: number, now: number): number {
    if (now < before) throw new LawBroken(this.name, `${peer.name} ${verb} ${now} of the root after ${before}`);
    return now;
  }

  #verify(node: NodeSight, root: TrustedRoot): void {
    if (this.#good.has(root.hash)) return;
    if (root.previous === null) throw new LawBroken(this.name, `${node.peer.name} begins with another root`);
    this.#verify(node, root.previous);
    try {
      const again = nextRoot(this.#good.get(root.previous.hash) as TrustedRoot, root.envelope);
      if (again.hash === root.hash) return void this.#good.set(again.hash, again);
    } catch (cause) {
      throw new LawBroken(this.name, `${node.peer.name} holds root ${root.root.version}: ${(cause as Error).message}`);
    }
    throw new LawBroken(this.name, `${node.peer.name} holds a root ${root.root.version} that its signatures do not cover`);
  }
}
