/**
 * What one module does on many nodes, asked again and again: the last answer of each, and the questions whose answer is still to come. Who has one
 * of these open is not asked anew. The first answer of a node is its whole status; after that it is asked for the module alone, which does not grow
 * with the cluster.
 */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';

/** After so long, or up to twice as long, a node is asked for everything again: who is new, who has gone. */
const WHOLE_AGAIN_MS = 30_000;
/** A question that is open for so long has no answer for now: what the node said before does not count any more, and it is silent. */
const LATE_MS = 5_000;
/** So old an answer counts, of a node that was not asked again for want of time. */
const KEPT_MS = 15_000;

/** More questions open than this, and than an eighth of the nodes: the machines have too much to do, and not one node hangs. */
const FEW_OPEN = 2;
const MOST_OPEN = 1 / 8;

/** An answer, and when it came, by `performance.now()`. */
export interface Heard {
  readonly status: NodeStatus;
  readonly answeredAt: number;
  /** The node and the address that gave it. */
  readonly key: string;
}

/** What a look cost those that were asked. */
export interface Pace {
  /**
   * Milliseconds from the beginning of the look to the last answer in it, or what the slowest answer took that came since the look before. A few that
   * do not answer make no difference; where they are many, it is how long the one that was asked first has not answered.
   */
  readonly answersMs: number;
}

/** The last whole status of a node, and when the next is due. */
interface Whole {
  readonly status: NodeStatus;
  readonly againAt: number;
}

interface Question {
  readonly node: NodeId;
  readonly answer: Promise<NodeStatus>;
  readonly begunAt: number;
  /** The look that began it. */
  readonly look: number;
}

export class Questions {
  readonly #api: Pick<NodeApi, 'status' | 'moduleStatus'>;
  readonly #module: ModuleName;
  /** Those that are open, by node and address. */
  readonly #open = new Map<string, Question>();
  /** Nodes and addresses whose last question came to nothing. */
  readonly #failed = new Set<string>();
  readonly #heard = new Map<NodeId, Heard>();
  /** Nodes whose last answer no look has counted: it came when the look was over that had asked. */
  readonly #uncounted = new Set<NodeId>();
  readonly #whole = new Map<NodeId, Whole>();
  /** Nodes of before. */
  readonly #wholeOnly = new Set<NodeId>();
  /** Another one with each beginning and each end of a look. */
  #look = 0;
  #slowestMs = 0;
  #lastAnswerAt = 0;

  constructor(api: Pick<NodeApi, 'status' | 'moduleStatus'>, module: ModuleName) {
    this.#api = api;
    this.#module = module;
  }

  /** A look: what it asks, it hears, if the answer comes before its end. */
  async during<Result>(look: () => Promise<Result>): Promise<Result & Pace> {
    this.#look += 1;
    const begunAt = performance.now();
    const result = await look().finally(() => (this.#look += 1));
    const answersMs = Math.max(this.#slowestMs, this.#lastAnswerAt - begunAt, this.#waitedMs());
    this.#slowestMs = 0;
    return { ...result, answersMs };
  }

  /** Whose answer to an earlier look is still to come holds this one up no more: its last answer counts, else that it has given none. */
  async ask(node: NodeAddress): Promise<NodeStatus> {
    const key = `${node.id}@${node.address}`;
    const open = this.#open.get(key);
    if (open?.look === this.#look) return open.answer;
    const heard = this.#heard.get(node.id);
    if (open === undefined) return heard !== undefined && this.#uncounted.delete(node.id) ? heard.status : this.#put(key, node);
    if (heard !== undefined && this.#isPending(key, open)) return heard.status;
    throw new GossipError('GOSSIP_E_TIMEOUT', `cannot reach ${node.name || node.address}: it did not answer in time`);
  }

  /** Its last answer, where no later question came to nothing, and it is not too old to say how it is now. A look counts it. */
  kept(id: NodeId): Heard | undefined {
    this.#uncounted.delete(id);
    const heard = this.#heard.get(id);
    return heard !== undefined && !this.#failed.has(heard.key) && performance.now() - heard.answeredAt < KEPT_MS ? heard : undefined;
  }

  /** Of one that gave no answer in a look: whether it has answered meanwhile, or was asked so short a while ago that nobody can call it silent. */
  isPending(id: NodeId): boolean {
    return this.#uncounted.has(id) || [...this.#open].some(([key, question]) => question.node === id && this.#isPending(key, question));
  }

  #isPending(key: string, { begunAt }: Question): boolean {
    return !this.#failed.has(key) && performance.now() - begunAt < LATE_MS;
  }

  #waitedMs(): number {
    const begunAt = [...this.#open.values()].map((question) => question.begunAt);
    const nodes = this.#heard.size + begunAt.length;
    return begunAt.length > Math.max(FEW_OPEN, nodes * MOST_OPEN) ? performance.now() - Math.min(...begunAt) : 0;
  }

  #put(key: string, node: NodeAddress): Promise<NodeStatus> {
    const question: Question = { node: node.id, answer: this.#begin(node), begunAt: performance.now(), look: this.#look };
    this.#open.set(key, question);
    void this.#settle(key, question);
    return question.answer;
  }

  /** What came to nothing is asked anew. */
  async #settle(key: string, { node, answer, begunAt, look }: Question): Promise<void> {
    const status = await answer.catch(() => null);
    this.#open.delete(key);
    if (status === null) {
      this.#failed.add(key);
      return;
    }
    this.#failed.delete(key);
    this.#lastAnswerAt = performance.now();
    this.#slowestMs = Math.max(this.#slowestMs, this.#lastAnswerAt - begunAt);
    // The certificate says who it is, whatever the answer says.
    this.#heard.set(node, { status: { ...status, id: node }, answeredAt: this.#lastAnswerAt, key });
    if (look !== this.#look) this.#uncounted.add(node);
  }

  async #begin(node: NodeAddress): Promise<NodeStatus> {
    const before = this.#whole.get(node.id);
    if (before !== undefined && this.#isEnough(node, before)) {
      const status = await this.#ofModule(node);
      // Who else is there is known from before.
      if (status !== null) return { ...status, peers: before.status.peers };
    }
    const status = await this.#api.status(node);
    this.#whole.set(node.id, { status, againAt: performance.now() + WHOLE_AGAIN_MS * (1 + Math.random()) });
    return status;
  }

  /** Of a node that cannot be called those tell whom it calls, and what it knew then. */
  #isEnough({ id }: NodeAddress, { status, againAt }: Whole): boolean {
    return !this.#wholeOnly.has(id) && performance.now() < againAt && !status.peers.some(({ uncallable }) => uncallable);
  }

  async #ofModule(node: NodeAddress): Promise<NodeStatus | null> {
    try {
      return await this.#api.moduleStatus(node, this.#module);
    } catch (thrown) {
      if (toGossipError(thrown).code !== 'GOSSIP_E_NOT_FOUND') throw thrown;
      this.#wholeOnly.add(node.id);
      return null;
    }
  }
}
