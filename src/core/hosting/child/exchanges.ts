/** The exchanges that a module asked for and has no answer to yet. */
import { ExchangeError } from '../../../sdk/index.ts';
import type { Json } from '../../../sdk/index.ts';
import { readJson } from '../../../sdk/json-text.ts';
import { MAX_MESSAGE_BYTES, MAX_OPEN_EXCHANGES } from '../../../sdk/limits.ts';
import type { Peer } from '../../../model/names.ts';
import { parsePeer } from '../messages.ts';
import type { FailureReason, FromHost } from '../messages.ts';
import { describeError } from './describe.ts';

/** The core answers sooner; this only keeps a lost answer from holding a module for ever. */
const DEADLINE_MS = 60_000;

interface Waiting {
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: ExchangeError) => void;
  readonly deadline: NodeJS.Timeout;
}

export class Exchanges {
  readonly #send: (header: FromHost, body: Uint8Array) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(send: (header: FromHost, body: Uint8Array) => void) {
    this.#send = send;
  }

  ask(to: unknown, body: Json): Promise<Json> {
    const peer = checkPeer(to);
    const bytes = encodeBody(body);
    if (this.#waiting.size >= MAX_OPEN_EXCHANGES) throw new ExchangeError('refused', `${MAX_OPEN_EXCHANGES} exchanges are open`);
    const exchange = this.#next++;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.fail(exchange, 'timeout', `no answer within ${DEADLINE_MS} ms`), DEADLINE_MS);
      this.#waiting.set(exchange, { resolve, reject, deadline });
      this.#send({ type: 'exchange', exchange, to: peer }, bytes);
    });
  }

  answer(exchange: number, body: Uint8Array): void {
    const waiting = this.#take(exchange);
    if (waiting === undefined) return;
    try {
      waiting.resolve(readJson(Buffer.from(body).toString()) as Json);
    } catch (error) {
      waiting.reject(new ExchangeError('failed', `the answer is not JSON: ${describeError(error)}`));
    }
  }

  fail(exchange: number, reason: FailureReason, message: string): void {
    this.#take(exchange)?.reject(new ExchangeError(reason, message));
  }

  #take(exchange: number): Waiting | undefined {
    const waiting = this.#waiting.get(exchange);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.deadline);
    this.#waiting.delete(exchange);
    return waiting;
  }
}

function checkPeer(to: unknown): Peer {
  const { id, address, name } = Object(to) as Record<string, unknown>;
  const peer = parsePeer({ id, address, name: name ?? '' });
  if (peer === undefined)
    throw new ExchangeError('refused', 'not a peer: it needs an id of 64 hex digits and an address such as 10.0.0.7:7946');
  return peer;
}

function encodeBody(body: Json): Uint8Array {
  const json: string | undefined = JSON.stringify(body);
  if (json === undefined) throw new TypeError('the body of an exchange must be a JSON value');
  const bytes = Buffer.from(json);
  if (bytes.length > MAX_MESSAGE_BYTES)
    throw new ExchangeError('refused', `a body of ${bytes.length} bytes, ${MAX_MESSAGE_BYTES} are allowed`);
  return bytes;
}
