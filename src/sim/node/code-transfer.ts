/** Code between nodes: fetched from peers onto the disk, and served to them, few at a time; a busy node names others that have it. */
import type { EffectOf, Failure } from '../../gossip/protocol.ts';
import type { ContentHash, NodeId, Peer } from '../../model/names.ts';
import { PieceSet } from '../../model/piece-set.ts';
import { PIECED_FILE_BYTES, pieceBytesFor } from '../../model/pieces.ts';
import type { PieceQuestion } from '../../model/pieces.ts';
import { longestAnswerMs } from '../../runner/piece-answer.ts';
import { IncomingCode, NOT_SAID } from '../../runner/incoming-code.ts';
import { PieceFetch } from '../../runner/piece-fetch.ts';
import type { PieceOutcome, PieceRequest } from '../../runner/piece-fetch.ts';
import { PieceServing } from '../../runner/piece-serving.ts';
import type { CodeDone } from '../../runner/ports.ts';
import { Serving } from '../../runner/serving.ts';
import type { RunTasks } from './run-tasks.ts';
import { codeOf } from '../world/codes.ts';
import type { Disk } from './disk.ts';
import type { CodeAnswer, CodeLetter, Reply, SimNetwork } from '../world/letters.ts';
import type { Outcome } from '../world/network.ts';
import type { Random } from '../../sdk/virtual/random.ts';

/** How long code takes to be read, hashed and written, beyond the way through the network. */
const TRANSFER_MS = { min: 10, max: 150 };
/** The same of a manifest with the hashes of the pieces, which are synced to the disk. */
const MANIFEST_MS = { min: 2, max: 20 };
/** The same of a piece, which is not synced, at each end. */
const PIECE_MS = { min: 0.2, max: 3 };
/** What the hash of a piece takes, and all else that a manifest has. */
const HASH_BYTES = 43;
const MANIFEST_BYTES = 600;
/** When a slow source of whole code is given up: a bound of the simulator alone, for nodes judge it by its rate. */
const TOTAL_MS = 120_000;
/** How long an answer that is too late is taken all the same: as nodes do (`lateAnswerMs` of their connections). */
const LATE_MS = 10_000;

/** What the receiver finds when it hashes bytes that lay on a bad disk. */
const SPOILED = `sha256:${'0'.repeat(64)}` as ContentHash;
const ABSENT: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'the code is not there' };
const OTHER: Failure = { code: 'GOSSIP_E_CODE_MISMATCH', message: 'the source sent other code than was signed' };
const BUSY: Failure = { code: 'GOSSIP_E_BUSY', message: 'the source is busy' };

type Respond = (answer: CodeAnswer, sent?: () => void) => void;
type Span = { readonly min: number; readonly max: number };

export interface CodeTransferOptions {
  readonly self: Peer;
  readonly network: SimNetwork;
  readonly tasks: RunTasks;
  readonly disk: Disk;
  readonly random: Random;
}

export class CodeTransfer {
  readonly #options: CodeTransferOptions;
  readonly #incoming: IncomingCode;
  readonly #serving: Serving;
  readonly #pieces: PieceServing;
  readonly #fetches = new Map<ContentHash, PieceFetch>();

  constructor(options: CodeTransferOptions) {
    const { tasks, random } = options;
    const after = (delayMs: number, run: () => void): void => tasks.after(delayMs, run);
    this.#options = options;
    this.#serving = new Serving(() => tasks.now);
    this.#pieces = new PieceServing({ now: () => tasks.now, after, random: random.next });
    this.#incoming = new IncomingCode(after);
  }

  fetch(wanted: EffectOf<'fetch-code'>, ended: CodeDone): void {
    const { code } = wanted;
    const done: CodeDone = (failed, wrong) => {
      this.#fetches.delete(code.hash);
      this.#incoming.ended(code.hash, failed === null);
      ended(failed, wrong);
    };
    this.#incoming.began(code.hash, wanted.from.id);
    if (this.#options.disk.content.codes.has(code.hash)) return this.#options.tasks.after(0, () => done(null));
    if (code.bytes <= PIECED_FILE_BYTES) return this.#fetchWhole(wanted, done);
    if (this.#pieces.isOpen(code.hash)) return this.#fetchPieces(wanted, done);
    return this.#fetchManifest(wanted, done);
  }

  /** Answers a peer that asks for code; `sent`: what to do once the answer has left. */
  serve(letter: CodeLetter, to: Peer, respond: Respond, waits: () => void): void {
    const { code } = letter;
    if (letter.kind === 'pieces') return this.#servePieces(code, letter, to, respond);
    const serve = (): void => (letter.kind === 'fetch' ? this.#serveWhole(code, to, respond) : this.#serveManifest(code, to, respond));
    if (this.#has(code) || (letter.kind === 'manifest' && this.#pieces.isOpen(code))) return serve();
    return this.#incoming.wait(code, to.id, { forMs: letter.waitMs, waits }, serve);
  }

  #fetchWhole({ code: { hash: code }, from, patienceMs, waitMs }: EffectOf<'fetch-code'>, done: CodeDone): void {
    this.#request(from, { kind: 'fetch', code, waitMs }, patienceMs, (outcome) => {
      const failed = failureOf(outcome, 'code', code);
      if (failed !== null) done(failed);
      else this.#options.tasks.after(this.#takes(TRANSFER_MS), () => this.#write(code, done));
    });
  }

  #fetchManifest(wanted: EffectOf<'fetch-code'>, done: CodeDone): void {
    const { code, from, patienceMs, waitMs } = wanted;
    this.#request(from, { kind: 'manifest', code: code.hash, waitMs }, patienceMs, (outcome) => {
      const failed = failureOf(outcome, 'manifest', code.hash);
      if (failed !== null) return done(failed);
      return this.#options.tasks.after(this.#takes(MANIFEST_MS), () => {
        const pieceBytes = pieceBytesFor(code.bytes);
        this.#pieces.open(code.hash, new PieceSet(Math.ceil(code.bytes / pieceBytes)), pieceBytes);
        this.#incoming.begun(code.hash);
        this.#fetchPieces(wanted, done);
      });
    });
  }

  /** What came of it before is still here, while the node runs. */
  #fetchPieces({ code: { hash: code }, from, others, patienceMs }: EffectOf<'fetch-code'>, done: CodeDone): void {
    const { self, tasks, random } = this.#options;
    const fetch: PieceFetch = new PieceFetch({
      self: self.id,
      have: this.#pieces.pieces(code) as PieceSet,
      patienceMs,
      now: () => tasks.now,
      after: (delayMs, run) => tasks.after(delayMs, run),
      random: random.next,
      ask: (request) => this.#askForPieces(code, request, fetch),
      ended: (failed, wrong) => {
        if (failed !== null) return done(failed, wrong);
        return tasks.after(this.#takes(TRANSFER_MS), () => this.#write(code, (refused) => done(refused, wrong)));
      },
    });
    this.#fetches.set(code, fetch);
    fetch.begin([from, ...others]);
  }

  #askForPieces(code: ContentHash, { token, to, get, lack, patienceMs }: PieceRequest, fetch: PieceFetch): void {
    this.#request(to, { kind: 'pieces', code, get, lack }, patienceMs, (outcome) => {
      const failed = failureOf(outcome, 'pieces', code);
      const answered = (came: PieceOutcome): void => fetch.answered(token, came);
      if (failed !== null) return answered(failed);
      const { pieces, offer } = (outcome as { answer: Extract<CodeAnswer, { kind: 'pieces' }> }).answer;
      return this.#options.tasks.after(pieces.length === 0 ? 0 : this.#takes(PIECE_MS), () => {
        answered({ pieces, offer, wrong: false });
        for (const piece of pieces) this.#pieces.arrived(code, piece);
      });
    });
  }

  #request(to: Peer, letter: CodeLetter, patienceMs: number, done: (outcome: Outcome<Reply>) => void): void {
    const { self, network, tasks } = this.#options;
    const patience =
      letter.kind === 'pieces'
        ? {
            silentMs: patienceMs,
            totalMs: patienceMs + longestAnswerMs(letter.get.length * pieceBytesFor(codeOf(letter.code)?.reference.bytes ?? 0)),
            lateMs: LATE_MS,
          }
        : { silentMs: patienceMs, waitMs: letter.waitMs ?? 0, totalMs: TOTAL_MS };
    network.request(self, to, letter, patience, (outcome) => tasks.enter(() => done(outcome)));
  }

  #write(code: ContentHash, done: CodeDone): void {
    const { disk, tasks } = this.#options;
    disk.write({ file: 'code', code }, (refusal) => tasks.enter(() => done(refusal && { failure: refusal, referrals: [] })));
  }

  #serveWhole(code: ContentHash, to: Peer, respond: Respond): void {
    if (!this.#has(code)) return respond(this.#lacking(code));
    const bytes = codeOf(code)?.reference.bytes ?? 0;
    const done = this.#serving.begin({ hash: code, bytes }, to);
    if (done === null) return respond(this.#busy(code, to.id));
    this.#serving.remember(code, to);
    return respond({ kind: 'code', code: this.#bytesOf(code), bytes }, () =>
      this.#options.tasks.after(this.#takes(TRANSFER_MS), () => done(bytes)),
    );
  }

  #serveManifest(code: ContentHash, to: Peer, respond: Respond): void {
    if (!this.#openPieces(code)) return respond(this.#lacking(code));
    const bytes = MANIFEST_BYTES + HASH_BYTES * (this.#pieces.pieces(code)?.count ?? 0);
    const done = this.#serving.begin({ hash: code, bytes: 0 }, to);
    if (done === null) return respond(this.#busy(code, to.id));
    this.#serving.remember(code, to);
    return respond({ kind: 'manifest', code: this.#bytesOf(code), bytes }, () => done(bytes));
  }

  #servePieces(code: ContentHash, question: PieceQuestion, to: Peer, respond: Respond): void {
    this.#fetches.get(code)?.meet(to);
    if (!this.#openPieces(code)) return this.#incoming.wait(code, to.id, NOT_SAID, () => this.#givePieces(code, question, to, respond));
    return this.#givePieces(code, question, to, respond);
  }

  #givePieces(code: ContentHash, question: PieceQuestion, to: Peer, respond: Respond): void {
    if (!this.#openPieces(code)) return respond(this.#lacking(code));
    const { tasks } = this.#options;
    return this.#pieces.ask(code, question, to.id, (answer, sent) => {
      if (answer.kind === 'busy') return respond(this.#busy(code, to.id));
      const { pieces, offer } = answer;
      this.#serving.remember(code, to);
      const bytes = Math.min(pieces.length * pieceBytesFor(codeOf(code)?.reference.bytes ?? 0), codeOf(code)?.reference.bytes ?? 0);
      const send = (): void => respond({ kind: 'pieces', code: this.#bytesOf(code), pieces, offer, bytes }, () => tasks.enter(sent));
      if (pieces.length === 0) return send();
      return tasks.after(this.#takes(PIECE_MS), send);
    });
  }

  /** Whether pieces of it can be served. */
  #openPieces(code: ContentHash): boolean {
    if (this.#pieces.isOpen(code)) return true;
    if (!this.#has(code)) return false;
    const bytes = codeOf(code)?.reference.bytes ?? 0;
    this.#pieces.open(code, PieceSet.full(Math.ceil(bytes / pieceBytesFor(bytes))), pieceBytesFor(bytes));
    return true;
  }

  #has(code: ContentHash): boolean {
    return this.#options.disk.content.codes.has(code);
  }

  #lacking(code: ContentHash): CodeAnswer {
    return this.#incoming.expects(code) ? { kind: 'busy', referrals: [] } : { kind: 'no-code' };
  }

  #busy(code: ContentHash, to: NodeId): CodeAnswer {
    return { kind: 'busy', referrals: this.#serving.others(code, to) };
  }

  /** What its bytes really are. */
  #bytesOf(code: ContentHash): ContentHash {
    return this.#options.disk.content.spoiledCodes.has(code) ? SPOILED : code;
  }

  #takes({ min, max }: Span): number {
    return this.#options.random.between(min, max);
  }
}

/** Why this is not the answer that was asked for; null: it is. */
function failureOf(
  outcome: Outcome<Reply>,
  kind: CodeAnswer['kind'],
  code: ContentHash,
): { readonly failure: Failure; readonly referrals: readonly Peer[] } | null {
  if ('failure' in outcome) return { failure: outcome.failure, referrals: [] };
  const { answer } = outcome;
  if (answer.kind === 'busy') return { failure: BUSY, referrals: answer.referrals };
  if (answer.kind !== kind || !('code' in answer)) return { failure: ABSENT, referrals: [] };
  // attack A1: a source may send what it likes
  return answer.code === code ? null : { failure: OTHER, referrals: [] };
}
