/**
 * Whom to ask for a module's code. Every peer is a mirror and none is trusted: the bytes are checked against the signed hash, a peer that
 * served wrong ones is asked last from then on, and a rendezvous node is among the first three (attack A12).
 */
import { BoundedSet } from '../model/bounded.ts';
import type { CodeReference } from '../model/deployment.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { ContentHash, NodeId, Peer } from '../model/names.ts';
import { PIECED_FILE_BYTES } from '../model/pieces.ts';
import type { ActiveView } from './active-view.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import type { Failure, Token } from './protocol.ts';

/** Peers remembered as serving garbage. */
const MAX_DEMOTED = 1_024;
/** Peers that told us or were referred to, for each code. */
const MAX_TOLD = 16;
/** Peers that pieces are asked of, beside the source. */
const MAX_OTHERS = 24;
/** Sources asked one after the other before a pause. */
const SOURCES_PER_ROUND = 8;
/**
 * How long a source may be silent: at first as long as a healthy one on another continent takes at most, and twice as long
 * after each one that was silent, so that one dead source costs a second and a slow link is borne with all the same.
 */
const FIRST_PATIENCE_MS = 1_000;
const LONGEST_PATIENCE_MS = 4_000;
/** One that told of the deployment spoke just now: if it is silent, it has much to do, and all that heard of the deployment ask somebody. */
const TOLD_PATIENCE_MS = 3_000;
/** How long one that told of the deployment may wait for the code itself: it gets it soon, and all others would ask the few that have it. */
const WAIT_MS = 6_000;
/** Failures that say of a source that it does not answer. */
const SILENT: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_NOT_LISTENING', 'GOSSIP_E_TIMEOUT']);
/** Longest pause, in gossip rounds, after a round of sources of which some were busy: most likely they have the code, and it comes soon. */
const LONGEST_BUSY_ROUNDS = 2;
/** Doublings of the pause between rounds. */
const MOST_DOUBLINGS = 8;

interface Job {
  readonly code: CodeReference;
  /** Who should have it: the peer that told us of the deployment, and peers that busy sources named. Next one last. */
  readonly told: Peer[];
  /** Negative cache of this round: who was asked, and must not be asked again before. */
  readonly asked: Set<NodeId>;
  underWay: { readonly token: Token; readonly from: Peer } | null;
  attempts: number;
  /** Sources that were silent, or too slow. */
  silent: number;
  rounds: number;
  /** Some source of this round was busy. */
  busy: boolean;
}

export interface CodeFetchParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: ActiveView;
  readonly self: NodeId;
  /** The code is whole and durable here. */
  readonly ready: (code: CodeReference, from: NodeId) => void;
  /** A round of sources failed; it goes on after a pause. */
  readonly trouble: (code: CodeReference, failure: Failure) => void;
}

export class CodeFetch {
  readonly #parts: CodeFetchParts;
  readonly #here = new Set<ContentHash>();
  readonly #jobs = new Map<ContentHash, Job>();
  readonly #byToken = new Map<Token, Job>();
  readonly #demoted = new BoundedSet<NodeId>(MAX_DEMOTED);

  constructor(parts: CodeFetchParts) {
    this.#parts = parts;
  }

  /** Whether the code is taken to be here. A start that finds it missing or damaged corrects that with `lost`. */
  has(hash: ContentHash): boolean {
    return this.#here.has(hash);
  }

  /** The code came by another way; nobody is asked for it any more. */
  held(hash: ContentHash): void {
    this.#here.add(hash);
    this.#jobs.delete(hash);
    this.#parts.ports.timers.clear(slot(hash));
  }

  lost(hash: ContentHash): void {
    this.#here.delete(hash);
  }

  /** Fetches the code unless that is under way. Somebody new who has it ends the pause between two rounds. */
  want(code: CodeReference, told: Peer | null): void {
    const job = this.#jobs.get(code.hash) ?? {
      code,
      told: [],
      asked: new Set(),
      underWay: null,
      attempts: 0,
      silent: 0,
      rounds: 0,
      busy: false,
    };
    const news = told !== null && remember(job, told);
    const waiting = !this.#jobs.has(code.hash) || (news && job.underWay === null);
    this.#jobs.set(code.hash, job);
    if (!waiting) return;
    this.#parts.ports.timers.clear(slot(code.hash));
    this.#ask(job);
  }

  /** Forgets the codes that nobody wants any more; a fetch that is under way may end. */
  keepOnly(wanted: ReadonlySet<ContentHash>): void {
    for (const hash of this.#jobs.keys()) {
      if (wanted.has(hash)) continue;
      this.#jobs.delete(hash);
      this.#parts.ports.timers.clear(slot(hash));
    }
  }

  fetched(token: Token, wrong: readonly NodeId[] = []): void {
    const job = this.#byToken.get(token);
    if (job?.underWay?.token !== token) return;
    this.#byToken.delete(token);
    this.#here.add(job.code.hash);
    this.#jobs.delete(job.code.hash);
    this.#parts.hints.succeeded(job.underWay.from);
    this.#demoted.delete(job.underWay.from.id);
    for (const id of wrong) this.#demoted.add(id);
    this.#parts.ready(job.code, job.underWay.from.id);
  }

  failed(token: Token, failure: Failure, referrals: readonly Peer[], wrong: readonly NodeId[] = []): void {
    const job = this.#byToken.get(token);
    if (job?.underWay?.token !== token) return;
    this.#byToken.delete(token);
    const { from } = job.underWay;
    job.underWay = null;
    if (failure.code === 'GOSSIP_E_CODE_MISMATCH') this.#demoted.add(from.id);
    for (const id of wrong) this.#demoted.add(id);
    if (failure.code === 'GOSSIP_E_TIMEOUT') job.silent += 1;
    if (failure.code === 'GOSSIP_E_BUSY') job.busy = true;
    if (SILENT.has(failure.code)) this.#parts.hints.failed(from);
    for (const peer of referrals.slice(0, MAX_TOLD)) {
      if (peer.id === this.#parts.self) continue;
      this.#parts.hints.hear(peer);
      remember(job, peer);
    }
    if (this.#jobs.get(job.code.hash) === job) this.#ask(job, failure);
  }

  #ask(job: Job, failure?: Failure): void {
    const { ports } = this.#parts;
    const from = job.asked.size < SOURCES_PER_ROUND ? this.#source(job) : undefined;
    if (from === undefined) return this.#pause(job, failure);
    job.attempts += 1;
    job.asked.add(from.id);
    const token = ports.token();
    job.underWay = { token, from };
    this.#byToken.set(token, job);
    // Large code has other sources of pieces, and its first words are wanted early.
    const told = job.code.bytes <= PIECED_FILE_BYTES && job.told.some(({ id }) => id === from.id);
    const patienceMs = Math.min(LONGEST_PATIENCE_MS, (told ? TOLD_PATIENCE_MS : FIRST_PATIENCE_MS) * 2 ** job.silent);
    const waitMs = told ? WAIT_MS : null;
    ports.emit({ type: 'fetch-code', token, code: job.code, from, others: this.#others(job, from), patienceMs, waitMs });
  }

  /** Told peers, rendezvous nodes and the others take turns, those of the view before the rest of each kind; demoted ones only when there is nobody else. */
  #source(job: Job): Peer | undefined {
    // Who told of the code may have been revoked since.
    const fresh = ({ id }: Peer) => !job.asked.has(id) && !this.#parts.hints.isRevoked(id);
    const trusted = (peer: Peer) => fresh(peer) && !this.#demoted.has(peer.id);
    const { view } = this.#parts;
    for (const fits of [trusted, fresh]) {
      const kinds = [() => lastTold(job, fits, view), () => view.pickRendezvous(fits), () => view.pick(fits)];
      for (let turn = 0; turn < kinds.length; turn += 1) {
        const peer = kinds[(job.attempts + turn) % kinds.length]?.();
        if (peer !== undefined) return peer;
      }
    }
    return undefined;
  }

  /** Whom pieces of large code may be had from besides: the view is a random overlay, and so pieces spread as a mesh. */
  #others({ code, told }: Job, from: Peer): Peer[] {
    if (code.bytes <= PIECED_FILE_BYTES) return [];
    const fits = ({ id }: Peer): boolean => id !== from.id && !this.#demoted.has(id) && !this.#parts.hints.isRevoked(id);
    const others = new Map([...this.#parts.view.sample(MAX_OTHERS, fits), ...told.filter(fits)].map((peer) => [peer.id, peer]));
    return [...others.values()].slice(0, MAX_OTHERS);
  }

  /** Giving up is never final: the next round asks everybody anew. */
  #pause(job: Job, failure: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'no peer is known that could have the code' }): void {
    const { ports, trouble } = this.#parts;
    const { retryMs, longestFetchRetryMs } = ports.timing;
    job.asked.clear();
    const longestMs = job.busy ? LONGEST_BUSY_ROUNDS * retryMs : longestFetchRetryMs;
    const delayMs = Math.min(longestMs, retryMs * 2 ** Math.min(job.rounds, MOST_DOUBLINGS));
    job.rounds += 1;
    job.busy = false;
    ports.timers.set(slot(job.code.hash), ports.now + delayMs, () => this.#ask(job));
    trouble(job.code, failure);
  }
}

/** Who told or was named last: of the view, if one of it did. */
function lastTold({ told }: Job, fits: (peer: Peer) => boolean, view: ActiveView): Peer | undefined {
  return told.findLast((peer) => fits(peer) && view.has(peer)) ?? told.findLast(fits);
}

function slot(hash: ContentHash): string {
  return `fetch/${hash}`;
}

/** Whether the peer was not known to have the code. */
function remember(job: Job, peer: Peer): boolean {
  const known = job.told.findIndex(({ id }) => id === peer.id);
  if (known !== -1) job.told.splice(known, 1);
  job.told.push(peer);
  if (job.told.length > MAX_TOLD) job.told.shift();
  return known === -1;
}
