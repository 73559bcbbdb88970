/** The exchanges that a module has asked for and that are not answered yet. */
import { CallSite, checkOpen, checkPeer, messageText } from '../sdk/border.ts';
import type { ExchangeError } from '../sdk/index.ts';
import type { Json } from '../sdk/index.ts';
import { readJson } from '../sdk/json-text.ts';
import type { Peer } from '../model/names.ts';
import { textOf } from './frames.ts';
import type { FrameBody } from './frames.ts';
import type { FailureReason, FromHost } from './messages.ts';
import { describeError } from './error-text.ts';

/** The core answers sooner; this only keeps a lost answer from holding a module for ever. */
const DEADLINE_MS = 60_000;

interface Waiting {
  readonly site: CallSite;
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
    const peer = checkPeer(to) as Peer;
    const bytes = Buffer.from(messageText(body));
    checkOpen(this.#waiting.size);
    const site = new CallSite();
    const exchange = this.#next++;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.fail(exchange, 'timeout', `no answer within ${DEADLINE_MS} ms`), DEADLINE_MS);
      this.#waiting.set(exchange, { site, resolve, reject, deadline });
      this.#send({ type: 'exchange', exchange, to: peer }, bytes);
    });
  }

  answer(exchange: number, body: FrameBody): void {
    const waiting = this.#take(exchange);
    if (waiting === undefined) return;
    try {
      waiting.resolve(readJson(textOf(body)) as Json);
    } catch (error) {
      waiting.reject(waiting.site.failure('failed', `the answer is not JSON: ${describeError(error)}`));
    }
  }

  fail(exchange: number, reason: FailureReason, message: string): void {
    const waiting = this.#take(exchange);
    waiting?.reject(waiting.site.failure(reason, message));
  }

  #take(exchange: number): Waiting | undefined {
    const waiting = this.#waiting.get(exchange);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.deadline);
    this.#waiting.delete(exchange);
    return waiting;
  }
}
