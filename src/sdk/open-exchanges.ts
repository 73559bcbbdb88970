/** What an instance has asked of other nodes, until it hears what came of it. */
import { bodyOf, CallSite, checkOpen } from './border.ts';
import type { Said } from './content.ts';
import type { Json } from './json.ts';
import { MAX_OPEN_SENDS } from './limits.ts';
import type { ExchangeError, ExchangeOptions, Peer } from './module.ts';

export interface OpenExchangesOptions {
  /** Has the core ask `to`; the token comes back with `answered` or `failed`. */
  readonly ask: (token: number, to: Peer, message: Said) => void;
  /** Runs later; returns what prevents it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  /** When what has no outcome is given up; absent where the core never fails to tell one. */
  readonly giveUpMs?: number | undefined;
}

interface Open {
  readonly kind: 'exchange' | 'send';
  readonly answered: (said: Said) => void;
  readonly failed: (reason: ExchangeError['reason'], why: string, gone: boolean) => void;
  /** Prevents what its deadlines would do. */
  readonly cancel: readonly (() => void)[];
}

/** Nobody waits for what comes of it. */
const UNHEARD = { answered: () => undefined, failed: () => undefined };

export class OpenExchanges {
  readonly #options: OpenExchangesOptions;
  readonly #open = new Map<number, Open>();
  readonly #count = { exchange: 0, send: 0 };
  #lastToken = 0;

  constructor(options: OpenExchangesOptions) {
    this.#options = options;
  }

  /** Rejects with an `ExchangeError`, also at the deadline of the exchange itself; it counts as open until its core has told an outcome. */
  exchange(to: Peer, message: Said, { timeoutMs, answer = 'json' }: ExchangeOptions): Promise<Json | Uint8Array> {
    checkOpen(this.#count.exchange);
    const site = new CallSite();
    return new Promise((resolve, reject) => {
      const failed: Open['failed'] = (reason, why, gone) => reject(site.failure(reason, why, gone));
      const answered = (said: Said): void => {
        try {
          resolve(expected(said, answer));
        } catch (error) {
          failed('failed', (error as Error).message, false);
        }
      };
      const deadline =
        timeoutMs === undefined ? [] : [this.#options.after(timeoutMs, () => failed('timeout', lateText(to, timeoutMs), false))];
      this.#begin({ kind: 'exchange', answered, failed }, to, message, deadline);
    });
  }

  /** False where too many are open: then nothing is sent. */
  send(to: Peer, message: Said): boolean {
    if (this.#count.send >= MAX_OPEN_SENDS) return false;
    this.#begin({ kind: 'send', ...UNHEARD }, to, message);
    return true;
  }

  /** The outcome of one; where it is not open any more, it is left alone. */
  answered(token: number, said: Said): void {
    this.#take(token)?.answered(said);
  }

  failed(token: number, reason: ExchangeError['reason'], why: string, gone = false): void {
    this.#take(token)?.failed(reason, why, gone);
  }

  /** Nothing is waited for any more. */
  clear(): void {
    this.#open.clear();
  }

  #begin(open: Omit<Open, 'cancel'>, to: Peer, message: Said, deadlines: readonly (() => void)[] = []): void {
    const token = ++this.#lastToken;
    this.#count[open.kind] += 1;
    this.#open.set(token, { ...open, cancel: [...deadlines, ...this.#giveUp(token, to)] });
    this.#options.ask(token, to, message);
  }

  #giveUp(token: number, to: Peer): (() => void)[] {
    const { giveUpMs, after } = this.#options;
    return giveUpMs === undefined ? [] : [after(giveUpMs, () => this.failed(token, 'timeout', lateText(to, giveUpMs)))];
  }

  #take(token: number): Open | undefined {
    const open = this.#open.get(token);
    if (!this.#open.delete(token) || open === undefined) return undefined;
    this.#count[open.kind] -= 1;
    for (const cancel of open.cancel) cancel();
    return open;
  }
}

/** The answer, if it has the form that was asked for. */
function expected(said: Said, form: 'json' | 'bytes'): Json | Uint8Array {
  const came = typeof said === 'string' ? 'json' : 'bytes';
  if (came !== form)
    throw new TypeError(
      came === 'bytes' ? 'the answer is bytes: ask for them with { answer: "bytes" }' : 'the answer is JSON, and bytes were asked for',
    );
  try {
    return bodyOf(said);
  } catch (error) {
    throw new TypeError(`the answer is not JSON: ${String(error)}`, { cause: error });
  }
}

function lateText({ name }: Peer, ms: number): string {
  return `${name}: no answer within ${ms} ms`;
}
