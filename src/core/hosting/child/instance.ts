/** One instance of a module: what the core asks of it, in the order of its life. */
import { join } from 'node:path';
import type { GossipModule, Json, Peer } from '../../../sdk/index.ts';
import { readJson } from '../../../sdk/json-text.ts';
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from '../../../sdk/limits.ts';
import { hashCode } from '../code-hash.ts';
import type { Frame } from '../frames.ts';
import type { FromHost, ToHost } from '../messages.ts';
import { HostContext } from './context.ts';
import { describeError, describeStack } from './describe.ts';
import { Exchanges } from './exchanges.ts';
import { loadModule } from './load-module.ts';
import { printError } from './print.ts';
import { ModuleTimers } from './timers.ts';

type Call = Extract<ToHost, { call: number }>;

const NOTHING = new Uint8Array(0);

export class Instance {
  readonly #timers = new ModuleTimers((error) => printError(`a timer's task failed: ${describeStack(error)}`));
  readonly #exchanges: Exchanges;
  #directory = '';
  #context: HostContext | undefined;
  #module: GossipModule | undefined;
  #peers: readonly Peer[] = [];

  constructor(send: (header: FromHost, body: Uint8Array) => void) {
    this.#exchanges = new Exchanges(send);
  }

  /** The answer to a call; a throw is its failure. */
  async call({ header, body }: Frame<Call>): Promise<Uint8Array> {
    let answer: Uint8Array = NOTHING;
    switch (header.type) {
      case 'identify':
        this.#directory = header.directory;
        answer = Buffer.from(await hashCode(header.directory));
        break;
      case 'load':
        this.#load(header);
        break;
      case 'accept':
        // Not awaited by the contract, but an author's mistake should fail this step, not the process.
        await promised(this.#loaded().acceptState(textOf(body)));
        break;
      case 'activate':
        this.#context?.serve(true);
        // A class that does not extend the SDK's has only what it must have.
        await this.#loaded().start?.();
        break;
      case 'deliver':
        answer = encodeAnswer('receive', await this.#loaded().receive(readJson(textOf(body)) as Json, header.from));
        break;
      case 'take-state':
        answer = encodeState(this.#loaded().transferState());
        break;
      case 'inspect':
        answer = encodeAnswer('inspect', (await promised(this.#loaded().inspect?.())) as Json);
        break;
    }
    return answer;
  }

  knowPeers(body: Uint8Array): void {
    this.#peers = JSON.parse(textOf(body)) as Peer[];
    this.#context?.knowPeers(this.#peers);
  }

  reply(header: Extract<ToHost, { type: 'reply' }>, body: Uint8Array): void {
    if (header.failure === null) this.#exchanges.answer(header.exchange, body);
    else this.#exchanges.fail(header.exchange, header.failure.reason, header.failure.message);
  }

  stop(): void {
    this.#context?.serve(false);
    this.#timers.stopAll();
    try {
      this.#module?.stop?.();
    } catch (error) {
      printError(`stop() failed: ${describeStack(error)}`);
    }
  }

  #load(header: Extract<ToHost, { type: 'load' }>): void {
    this.#context = new HostContext(header, this.#timers, this.#exchanges);
    this.#context.knowPeers(this.#peers);
    this.#module = loadModule(join(this.#directory, header.entry), this.#context);
  }

  #loaded(): GossipModule {
    if (this.#module === undefined) throw new Error('the module is not loaded');
    return this.#module;
  }
}

/** A result that should be no promise, and may be one. */
function promised(result: unknown): Promise<unknown> {
  return Promise.resolve(result);
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString();
}

/** A module that answers nothing has answered null. */
function encodeAnswer(what: string, answer: Json | undefined): Uint8Array {
  let json: string | undefined;
  try {
    json = JSON.stringify(answer);
  } catch (cause) {
    // A BigInt, a cycle, a toJSON() that throws.
    throw new TypeError(`${what}() answered what is not JSON: ${describeError(cause)}`, { cause });
  }
  return bounded(`${what}() answered`, json ?? 'null', MAX_MESSAGE_BYTES);
}

function encodeState(state: unknown): Uint8Array {
  if (state instanceof Promise) throw new TypeError('transferState() must return a string, and returned a promise: it is not awaited');
  if (typeof state !== 'string') throw new TypeError(`transferState() must return a string, and returned ${kindOf(state)}`);
  return bounded('transferState() gave', state, MAX_STATE_BYTES);
}

function bounded(what: string, text: string, maxBytes: number): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > maxBytes) throw new RangeError(`${what} ${bytes.length} bytes, ${maxBytes} are allowed`);
  return bytes;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
