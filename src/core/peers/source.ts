/** A peer that code is fetched from: asked within limits, judged by its pace, its refusals understood (attacks A6, A7). */
import { MAX_REFUSAL_BYTES, parseReferrals } from '../../api/refusal.ts';
import type { RouteCall } from '../../api/routes.ts';
import type { Peer } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import { refusal } from './peer-calls.ts';
import type { PeerAnswer, PeerCalls } from './peer-calls.ts';
import { SourcePace } from './source-pace.ts';
import { formatWait } from '../../api/prefer.ts';

/** The longest that a single answer may take; what the source delivers in all is judged by `SourcePace`. */
const ONE_ANSWER_BYTES_PER_SECOND = 1024;
const ONE_ANSWER_MS = 60_000;

/** A source had no time; it named others that have the code. */
export class SourceBusy extends GossipError {
  readonly referrals: readonly Peer[];
  constructor(referrals: readonly Peer[]) {
    super('GOSSIP_E_BUSY', 'the source is busy');
    this.referrals = referrals;
  }
}

export interface SourceOptions {
  readonly calls: PeerCalls;
  /** How long it may be silent after each question. */
  readonly patienceMs: number;
  /** How long it may wait for the code itself, once it said so; null: that is up to the source. */
  readonly waitMs: number | null;
  /** In milliseconds, of a clock that only runs forward. */
  readonly now: () => number;
}

export interface Question extends RouteCall {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the answer that is wanted. */
  readonly bytes: number;
}

export class Source {
  readonly peer: Peer;
  readonly name: string;
  readonly pace: SourcePace;
  readonly #options: SourceOptions;

  constructor(peer: Peer, options: SourceOptions) {
    this.peer = peer;
    this.name = peer.name || peer.address;
    this.pace = new SourcePace(this.name, options.now);
    this.#options = options;
  }

  /** The answer whole. Rejects with what a refusal says. */
  async request(question: RouteCall, timeoutMs: number): Promise<Uint8Array> {
    const answer = await this.#options.calls.request(this.peer, { ...question, headMs: this.#options.patienceMs, timeoutMs });
    if (answer.status !== 200) throw this.#refused(answer);
    return answer.body;
  }

  /** The answer as it comes. Rejects with what a refusal says. */
  async stream({ bytes, ...question }: Question): Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }> {
    const { calls, patienceMs, waitMs } = this.#options;
    const waiting = waitMs === null ? {} : { prefer: formatWait(waitMs) };
    const { status, headers, body } = await this.pace.wait(
      calls.stream(this.peer, {
        ...question,
        headers: { ...question.headers, ...waiting },
        onProcessing: () => {
          if (waitMs === null) return 0;
          this.pace.grant(waitMs);
          return waitMs + patienceMs;
        },
        // One byte past what was signed: it is refused. A refusal may be longer than a small file.
        maxBytes: Math.max(bytes + 1, MAX_REFUSAL_BYTES),
        minBytesPerSecond: ONE_ANSWER_BYTES_PER_SECOND,
        headMs: patienceMs,
        totalMs: ONE_ANSWER_MS + (bytes * 1_000) / ONE_ANSWER_BYTES_PER_SECOND,
        signal: this.pace.signal,
      }),
    );
    const watched = this.pace.watch(body);
    if (status === 200 || status === 206) return { status, body: watched };
    throw this.#refused({ status, headers, body: await beginning(watched, MAX_REFUSAL_BYTES) });
  }

  #refused(answer: PeerAnswer): GossipError {
    const error = refusal(answer, this.peer);
    return error.code === 'GOSSIP_E_BUSY' ? new SourceBusy(parseReferrals(answer.body)) : error;
  }
}

/** The whole body, or its first bytes once they are more than `maxBytes`: nothing is read beyond them (attack A6). */
export async function beginning(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(parts);
}
