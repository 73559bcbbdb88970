/**
 * Looks at the whole cluster again and again, for what one module does there. A look ends soon after the answers cease: who is slow or hangs holds up
 * nobody's counting, and an answer that comes after its look counts in the next one. So a look may be cut short, too: of each node the best counts
 * that is known, and who had no time to answer is not called silent (law 9).
 */
import { GossipError } from '../../model/errors.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import type { Gathered, Sighting } from './gather.ts';
import { gatherCluster } from '../client/nodes.ts';
import { Questions } from './questions.ts';
import type { Pace } from './questions.ts';

/** Once somebody has answered, a look waits for the next answer only for so long: a little longer than `gather` takes to ask the next nodes. */
const QUIET_MS = 1_250;
/** One look, whoever answers. */
const LOOK_MS = 5_000;
/** A member whose turn to be asked has not come for so long is silent: liars prove as many as they like (attack B18). */
const TURN_MS = 10_000;
/** Notes about nodes that were read are taken for the present ones for so long, and waited for so long. */
const NOTES_AGE_MS = 2_000;
const NOTES_MS = 1_000;

type Api = Pick<NodeApi, 'status' | 'moduleStatus' | 'notes'>;

/** A look; none that is cut short calls anybody silent who only had no time to answer. */
export type Look = Gathered & Pace;

export function watchCluster(
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: Api,
  module: ModuleName,
  first: readonly NodeAddress[],
  ends: AbortSignal,
): (withinMs: number) => Promise<Look> {
  const questions = new Questions(api, module);
  const known = new Known(questions);
  const asking: Pick<NodeApi, 'status' | 'notes'> = {
    status: (node) => questions.ask(node),
    // Whom operators have revoked or forgotten nobody waits for.
    ...(api.notes && { notes: notesNowAndThen(api.notes.bind(api)) }),
  };
  return async (withinMs) => {
    const signal = AbortSignal.any([ends, AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(withinMs, LOOK_MS))))]);
    const look = await questions.during(() => gatherCluster(cluster, asking, { signal, first, quietMs: QUIET_MS }));
    return { ...look, sightings: ends.aborted && look.sightings.length === 0 ? known.last : known.after(look, signal.aborted) };
  };
}

/** What is known of each node after a look: what it said in it, else what it said before, else whether it may still answer. */
class Known {
  readonly #questions: Questions;
  /** Since when members wait for their turn to be asked. */
  readonly #waitingSince = new Map<NodeId, number>();
  last: readonly Sighting[] = [];

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  after({ sightings, waiting = [] }: Gathered, isCut: boolean): readonly Sighting[] {
    for (const { node } of sightings) this.#waitingSince.delete(node.id);
    for (const { id } of waiting) this.#waitingSince.set(id, this.#waitingSince.get(id) ?? performance.now());
    const inTurn = waiting.map((node): Sighting => ({ node, answer: { error: unasked(node) } }));
    const told = new Set([...sightings, ...inTurn].map(({ node }) => node.id));
    // Whoever tells of others may be among those that did not answer.
    const isAnswered = sightings.some(({ answer }) => 'status' in answer);
    const isWhole = !isCut && isAnswered && !sightings.some((sighting) => this.#isPending(sighting));
    const before = isWhole ? [] : this.last.filter(({ node }) => !told.has(node.id)).map((sighting) => this.#unseen(sighting));
    // In the order in which they were first seen: no name jumps about from look to look.
    const places = new Map(this.last.map(({ node }, place) => [node.id, place]));
    const place = ({ node }: Sighting): number => places.get(node.id) ?? places.size;
    const best = [...sightings, ...inTurn, ...before].map((sighting) => this.#best(sighting));
    this.last = best.toSorted((a, b) => place(a) - place(b));
    return this.last;
  }

  /** One that this look did not come to: its last answer counts for a while. */
  #unseen({ node, answer, belief = 'member', silentMs = null }: Sighting): Sighting {
    if ('error' in answer) return { node, answer, belief, silentMs };
    return this.#questions.kept(node.id) === undefined ? { node, answer: { error: unasked(node) } } : { node, answer };
  }

  #best(sighting: Sighting): Sighting {
    const { node, answer } = sighting;
    const waitsSince = this.#waitingSince.get(node.id);
    const isPending = this.#isPending(sighting);
    const kept = 'status' in answer || isPending || waitsSince !== undefined ? this.#questions.kept(node.id) : undefined;
    if (kept !== undefined) return { node, answer: { status: kept.status }, answeredAt: kept.answeredAt };
    const isInTurn = waitsSince !== undefined && performance.now() - waitsSince < TURN_MS;
    return isPending || isInTurn ? { ...sighting, pending: true } : sighting;
  }

  #isPending({ node, answer, belief = 'member' }: Sighting): boolean {
    return 'error' in answer && belief === 'member' && this.#questions.isPending(node.id);
  }
}

function unasked({ name, address }: NodeAddress): GossipError {
  return new GossipError('GOSSIP_E_TIMEOUT', `${name || address} was not asked in time`);
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

function inTime<Result>(asked: Promise<Result>, { name, address }: NodeAddress): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new GossipError('GOSSIP_E_TIMEOUT', `cannot reach ${name || address}: it did not answer in time`)),
      NOTES_MS,
    );
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
