/**
 * A command that hears of a newer root takes it over, by steps that verify from its own: else what a new colleague signed would look forged to everybody
 * who has not asked for the root since.
 */
import { callTo } from '../../api/routes.ts';
import type { RouteCall } from '../../api/routes.ts';
import type { NodeStatus } from '../../api/status.ts';
import { toGossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import { extendRoot } from '../../trust/next-root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { NodeAddress } from './node-api.ts';

/** Nodes that tell of a version and show no way to it, at most, in one command: they lie, and each costs a request. */
const MAX_FAILED = 2;

export interface RootFollowingParts {
  /** Goes on to the newest root. */
  readonly cluster: { root: TrustedRoot };
  /** Makes it durable for the commands to come. */
  readonly keep: (root: TrustedRoot) => Promise<void>;
  /** Tells the operator that his root has changed, or could not be kept. */
  readonly remark: (text: string) => void;
}

type Asking = (asked: RouteCall) => Promise<readonly unknown[]>;

export class RootFollowing {
  readonly #parts: RootFollowingParts;
  readonly #asked = new Set<NodeId>();
  #underWay: Promise<void> = Promise.resolve();
  #failed = 0;

  constructor(parts: RootFollowingParts) {
    this.#parts = parts;
  }

  /** `node` told of its root; `ask` has it show the steps. One is asked after the other, for the first mostly has all of them. */
  told(node: NodeAddress, { root }: Pick<NodeStatus, 'root'>, ask: Asking): Promise<void> {
    const version = root?.version ?? 1;
    if (version <= this.#parts.cluster.root.root.version) return Promise.resolve();
    this.#underWay = this.#underWay.then(() => this.#follow(node, version, ask));
    return this.#underWay;
  }

  async #follow(node: NodeAddress, version: number, ask: Asking): Promise<void> {
    const { cluster, keep, remark } = this.#parts;
    const isKnown = version <= cluster.root.root.version;
    if (isKnown || this.#failed >= MAX_FAILED || this.#asked.has(node.id)) return;
    this.#asked.add(node.id);
    const before = cluster.root;
    try {
      cluster.root = extendRoot(before, await ask(callTo('configuration')));
    } catch {
      // Nothing is believed of it, and the command goes on with the root that it has.
      this.#failed += 1;
      return;
    }
    if (cluster.root === before) return;
    await keep(cluster.root).catch((thrown: unknown) => remark(`The new root could not be kept: ${toGossipError(thrown).message}`));
    remark(`The root has changed: version ${cluster.root.root.version} was taken over. What changed: gossip cluster log`);
  }
}
