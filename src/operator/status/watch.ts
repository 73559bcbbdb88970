/**
 * Looks at the whole cluster again and again, for what one module does there. The first answer of a node is its whole status; after that it is
 * asked for the module alone, which does not grow with the cluster. An answer that comes after its look counts in the next one.
 */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import type { Gathered } from './gather.ts';
import { gatherCluster } from '../client/nodes.ts';

/** A node that did not answer last time holds up the next look only for so long. */
const AGAIN_MS = 1_000;
/** One look, whoever answers. */
const LOOK_MS = 5_000;
/** After so long, or up to twice as long, a node is asked for everything again: who is new, who has gone. */
const WHOLE_AGAIN_MS = 30_000;
/** Notes about nodes that were read are taken for the present ones for so long. */
const NOTES_AGE_MS = 2_000;

type Api = Pick<NodeApi, 'status' | 'moduleStatus' | 'notes'>;

export function watchCluster(
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: Api,
  module: ModuleName,
  first: readonly NodeAddress[],
  ends: AbortSignal,
): (withinMs: number) => Promise<Gathered> {
  const questions = new Questions(api, module);
  let silent: ReadonlySet<NodeId> = new Set();
  const patient: Pick<NodeApi, 'status' | 'notes'> = {
    status: (node) => (silent.has(node.id) ? inTime(questions.ask(node), node) : questions.ask(node)),
    // Whom operators have revoked or forgotten nobody waits for.
    ...(api.notes && { notes: notesNowAndThen(api.notes.bind(api)) }),
  };
  return async (withinMs) => {
    const signal = AbortSignal.any([ends, AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(withinMs, LOOK_MS))))]);
    const gathered = await questions.during(() => gatherCluster(cluster, patient, { signal, first }));
    silent = new Set(gathered.sightings.flatMap(({ node, answer }) => ('error' in answer ? [node.id] : [])));
    return gathered;
  };
}

/** What was decided of nodes changes seldom, and looks follow one another. */
function notesNowAndThen(read: NonNullable<Api['notes']>): NonNullable<Api['notes']> {
  let last: { readonly at: number; readonly notes: ReturnType<typeof read> } | null = null;
  return (node) => {
    const now = performance.now();
    if (last === null || now - last.at > NOTES_AGE_MS) last = { at: now, notes: inTime(read(node), node) };
    return last.notes;
  };
}

/** The last whole status of a node, and when the next is due. */
interface Whole {
  readonly status: NodeStatus;
  readonly againAt: number;
}

interface Question {
  readonly answer: Promise<NodeStatus>;
  /** The look that asked last. */
  look: number;
  isAnswered: boolean;
}

class Questions {
  readonly #api: Api;
  readonly #module: ModuleName;
  /** By node and address: under way, or answered when no look was there to hear it. */
  readonly #questions = new Map<string, Question>();
  readonly #whole = new Map<NodeId, Whole>();
  /** Nodes of before. */
  readonly #wholeOnly = new Set<NodeId>();
  /** Another one with each beginning and each end of a look. */
  #look = 0;

  constructor(api: Api, module: ModuleName) {
    this.#api = api;
    this.#module = module;
  }

  /** A look: what it asks, it hears, if the answer comes before its end. */
  async during<Result>(look: () => Promise<Result>): Promise<Result> {
    this.#look += 1;
    return look().finally(() => (this.#look += 1));
  }

  ask(node: NodeAddress): Promise<NodeStatus> {
    const key = `${node.id}@${node.address}`;
    const before = this.#questions.get(key);
    if (before === undefined) return this.#put(key, node);
    before.look = this.#look;
    if (before.isAnswered) this.#questions.delete(key);
    return before.answer;
  }

  #put(key: string, node: NodeAddress): Promise<NodeStatus> {
    const question: Question = { answer: this.#begin(node), look: this.#look, isAnswered: false };
    this.#questions.set(key, question);
    void this.#settle(key, question);
    return question.answer;
  }

  /** An answer that no look hears waits for the next one; what came to nothing is asked anew. */
  async #settle(key: string, question: Question): Promise<void> {
    const isAnswered = await question.answer.then(
      () => true,
      () => false,
    );
    question.isAnswered = isAnswered;
    if (!isAnswered || question.look === this.#look) this.#questions.delete(key);
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

function inTime<Result>(asked: Promise<Result>, { name, address }: NodeAddress): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new GossipError('GOSSIP_E_TIMEOUT', `cannot reach ${name || address}: it did not answer in time`)),
      AGAIN_MS,
    );
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
