/** Pieces of large code between this node and its peers: fetched from several at once, and served while more are on their way (decision 42). */
import { encodePieceQuestion, parsePiecesHeaders } from '../../api/pieces.ts';
import { MAX_REFUSAL_BYTES, parseReferrals } from '../../api/refusal.ts';
import { callTo } from '../../api/routes.ts';
import { BoundedMap, BoundedSet } from '../../model/bounded.ts';
import { failureOf, GossipError } from '../../model/errors.ts';
import type { ErrorCode, Failure } from '../../model/errors.ts';
import type { ContentHash, NodeId, Peer } from '../../model/names.ts';
import type { PieceQuestion } from '../../model/pieces.ts';
import { longestAnswerMs, MIN_PIECE_BYTES_PER_SECOND } from '../../runner/piece-answer.ts';
import { PieceFetch } from '../../runner/piece-fetch.ts';
import type { PieceOutcome, PieceRequest } from '../../runner/piece-fetch.ts';
import { PieceServing } from '../../runner/piece-serving.ts';
import type { CodeFailed } from '../../runner/ports.ts';
import type { Receiver } from '../../runner/serving.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import { isWrongList } from '../store/code/piece-store.ts';
import type { PieceStore } from '../store/code/piece-store.ts';
import { refusal } from './peer-calls.ts';
import type { PeerAnswer, PeerCalls } from './peer-calls.ts';
import { SourceBusy } from './source.ts';

/** Codes whose pieces are known. */
const MAX_OPEN = 16;
/** Codes whose pieces are not those of their files: their files are fetched whole. */
const MAX_WRONG_LISTS = 64;
/** Fetches in a row that brought no piece, until files are fetched whole all the same and what came of them is thrown away. */
const MAX_IN_VAIN = 3;
/** For these reasons nobody is to blame: whole files would not come either. */
const OWN: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_STOPPING', 'GOSSIP_E_DISK', 'GOSSIP_E_QUOTA', 'GOSSIP_E_INTERNAL']);

const STOPPING: Failure = { code: 'GOSSIP_E_STOPPING', message: 'the node is stopping' };

export interface PiecesWanted {
  readonly code: ContentHash;
  readonly calls: Pick<PeerCalls, 'request'>;
  readonly self: NodeId;
  readonly from: Peer;
  /** Who may have, or get, pieces of it. */
  readonly others: readonly Peer[];
  readonly patienceMs: number;
  /** Pieces can be served from now on. */
  readonly begun: () => void;
  /** Is told who sent other bytes than were signed. */
  readonly onWrong: (id: NodeId) => void;
}

/** Pieces to send; `sent`: the last byte has left, or the answer broke off. */
export interface PiecesToSend {
  readonly pieces: readonly number[];
  readonly offer: readonly number[];
  readonly bodies: readonly Uint8Array[];
  readonly sent: () => void;
}

export class CodePieces {
  readonly #store: ContentStore;
  /** Those that are being fetched. */
  readonly #coming = new Map<ContentHash, PieceStore>();
  /** Those that are whole. */
  readonly #open = new BoundedMap<ContentHash, PieceStore>(MAX_OPEN, (dropped) => void dropped.close());
  readonly #serving: PieceServing;
  readonly #fetches = new Map<ContentHash, PieceFetch>();
  /** How many fetches in a row brought nothing. */
  readonly #inVain = new BoundedMap<ContentHash, number>(MAX_OPEN);
  #stopped = false;
  readonly #wrongLists = new BoundedSet<ContentHash>(MAX_WRONG_LISTS);

  constructor(store: ContentStore) {
    this.#store = store;
    this.#serving = new PieceServing({ now, after, random: Math.random });
  }

  /** Whether the code is on its way here in pieces: so its manifest and its small files are here. */
  isComing(code: ContentHash): boolean {
    return this.#fetches.has(code);
  }

  /**
   * Resolves when all large files of the code are whole, with true; or with false: no pieces are to be had, and files are to be fetched
   * whole: of nodes of before, over links on which no piece comes in time, or where the pieces that were signed are not those of the file.
   * What arrived before a failure stays on the disk.
   */
  async fetch(wanted: PiecesWanted): Promise<boolean> {
    const { code } = wanted;
    const pieces = this.#wrongLists.has(code) ? null : await this.#store.pieces(code, true);
    if (pieces === null) return false;
    this.#forget(code);
    this.#coming.set(code, pieces);
    this.#serve(code, pieces);
    const had = pieces.have.size;
    let whole = false;
    try {
      const failed = await this.#fetchAll(wanted, pieces);
      if (failed && this.#isVain(code, had, pieces, failed)) {
        await pieces.discard();
        return false;
      }
      if (failed?.failure.code === 'GOSSIP_E_BUSY') throw new SourceBusy(failed.referrals);
      if (failed) throw new GossipError(failed.failure.code, failed.failure.message);
      whole = await this.#finish(code, pieces);
      return whole;
    } finally {
      this.#fetches.delete(code);
      this.#coming.delete(code);
      await pieces.close();
      if (whole) this.#open.set(code, pieces);
      else this.#forget(code);
    }
  }

  /** Whether files are better fetched whole: pieces that came before are worth some further tries. */
  #isVain(code: ContentHash, had: number, { have }: PieceStore, { failure }: CodeFailed): boolean {
    const inVain = have.size > had || OWN.has(failure.code) ? 0 : (this.#inVain.get(code) ?? 0) + 1;
    if (inVain === 0) this.#inVain.delete(code);
    else this.#inVain.set(code, inVain);
    return inVain > 0 && (had === 0 || inVain >= MAX_IN_VAIN);
  }

  /** Fetches under way end now; what they got stays. */
  stop(): void {
    this.#stopped = true;
    for (const fetch of this.#fetches.values()) fetch.giveUp(STOPPING);
  }

  /** Answers a question for pieces; 'busy', or null where no piece of the code is here. */
  async ask(code: ContentHash, question: (count: number) => PieceQuestion, to: Receiver): Promise<PiecesToSend | 'busy' | null> {
    const store = this.#coming.get(code) ?? this.#open.get(code) ?? (await this.#openWhole(code));
    if (store === null) return null;
    if (!this.#serving.isOpen(code)) this.#serve(code, store);
    if ('address' in to) this.#fetches.get(code)?.meet(to);
    const asked = question(store.pieces.all.length);
    const { answer, sent } = await new Promise<{ answer: Parameters<Parameters<PieceServing['ask']>[3]>[0]; sent: () => void }>((resolve) =>
      this.#serving.ask(code, asked, to.id, (said, over) => resolve({ answer: said, sent: over })),
    );
    if (answer.kind === 'busy') return 'busy';
    try {
      const read = await Promise.all(answer.pieces.map((piece) => store.read(piece)));
      const bodies = read.filter((bytes) => bytes !== null);
      if (bodies.length === read.length) return { pieces: answer.pieces, offer: answer.offer, bodies, sent };
    } catch (thrown) {
      sent();
      throw thrown;
    }
    sent();
    return null;
  }

  async #openWhole(code: ContentHash): Promise<PieceStore | null> {
    const store = await this.#store.pieces(code, false);
    if (store === null || !store.have.isFull) return null;
    this.#open.set(code, store);
    return store;
  }

  #serve(code: ContentHash, pieces: PieceStore): void {
    this.#serving.open(code, pieces.have, pieces.pieces.pieceBytes);
  }

  #forget(code: ContentHash): void {
    this.#open.delete(code);
    this.#serving.close(code);
  }

  /** null: all are here. */
  #fetchAll(wanted: PiecesWanted, pieces: PieceStore): Promise<CodeFailed | null> {
    const { code, self, from, others, patienceMs, begun, onWrong } = wanted;
    return new Promise((resolve) => {
      const fetch: PieceFetch = new PieceFetch({
        self,
        have: pieces.have,
        patienceMs,
        now,
        after,
        random: Math.random,
        ask: (request) => void this.#ask(wanted, pieces, request, fetch),
        ended: (failed, wrong) => {
          for (const id of wrong) onWrong(id);
          resolve(failed);
        },
      });
      this.#fetches.set(code, fetch);
      begun();
      if (this.#stopped) fetch.giveUp(STOPPING);
      else fetch.begin([from, ...others]);
    });
  }

  async #ask({ code, calls }: PiecesWanted, pieces: PieceStore, request: PieceRequest, fetch: PieceFetch): Promise<void> {
    const { token, to, get, lack, patienceMs } = request;
    const bytes = get.reduce((sum, piece) => sum + (pieces.pieces.all[piece]?.bytes ?? 0), 0);
    const came = (answer: PeerAnswer): Promise<void> => this.#came(code, pieces, request, answer, fetch);
    let answer: PeerAnswer;
    try {
      answer = await calls.request(to, {
        ...callTo('pieces', { hash: code }),
        body: encodePieceQuestion({ get, lack }),
        // One byte past what was asked for: it is refused (attack A6).
        maxBytes: Math.max(bytes + 1, MAX_REFUSAL_BYTES),
        headMs: patienceMs,
        timeoutMs: longestAnswerMs(bytes),
        minBytesPerSecond: MIN_PIECE_BYTES_PER_SECOND,
        onLate: (late) => void came(late),
      });
    } catch (thrown) {
      return fetch.answered(token, { failure: failureOf(thrown), referrals: [] });
    }
    return came(answer);
  }

  async #came(
    code: ContentHash,
    pieces: PieceStore,
    { token, to, get }: PieceRequest,
    answer: PeerAnswer,
    fetch: PieceFetch,
  ): Promise<void> {
    if (answer.status !== 200) {
      return fetch.answered(token, { failure: failureOf(refusal(answer, to)), referrals: parseReferrals(answer.body) });
    }
    try {
      const outcome = await take(pieces, get, answer);
      fetch.answered(token, outcome);
      for (const piece of outcome.pieces) this.#serving.arrived(code, piece);
    } catch (thrown) {
      // The disk refuses.
      fetch.giveUp(failureOf(thrown));
    }
  }

  /** Whether the files are those that were signed. */
  async #finish(code: ContentHash, pieces: PieceStore): Promise<boolean> {
    try {
      await pieces.finish();
      return true;
    } catch (thrown) {
      if (!isWrongList(thrown)) throw thrown;
      this.#wrongLists.add(code);
      return false;
    }
  }
}

/** Keeps what is right of an answer. */
async function take(
  store: PieceStore,
  get: readonly number[],
  { headers, body }: PeerAnswer,
): Promise<Extract<PieceOutcome, { readonly pieces: unknown }>> {
  const said = parsePiecesHeaders(headers);
  const named = said?.pieces ?? [];
  const pieces: number[] = [];
  let at = 0;
  let wrong = said === null || new Set(named).size < named.length;
  for (const piece of wrong ? [] : named) {
    const bytes = store.pieces.all[piece]?.bytes ?? 0;
    const right = get.includes(piece) && (await store.write(piece, body.subarray(at, at + bytes)));
    at += bytes;
    if (right) pieces.push(piece);
    else wrong = true;
  }
  return { pieces, offer: said?.offer ?? [], wrong: wrong || at !== body.byteLength };
}

function now(): number {
  return performance.now();
}

function after(delayMs: number, run: () => void): void {
  setTimeout(run, delayMs).unref();
}
