/**
 * For programs on a node's machine: modules that are asked, and watched.
 *
 * ```ts
 * import { connect } from 'gossip/client';
 *
 * const registry = connect().module('registry');
 * await registry.request({ op: 'set', key: 'greeting', value: 'hello' });
 * for await (const event of registry.watch({ topic: 'greeting' })) console.log(event);
 * ```
 */
import { BYTES_TYPE } from '../api/apps.ts';
import type { NodeEvent } from '../api/node-events.ts';
import { GossipError } from '../model/errors.ts';
import { isModuleName } from '../model/names.ts';
import type { Json } from '../sdk/json.ts';
import { readJson } from '../sdk/json-text.ts';
import { DoorCaller } from './door.ts';
import type { Caller } from './door.ts';
import { findSocket } from './find.ts';
import { watch } from './watch.ts';
import type { Watched, WatchOptions } from './watch.ts';

export type { Json } from '../sdk/json.ts';
/** What a node or a module refuses: `code` is stable, `reason` is the module's own word. */
export { GossipError } from '../model/errors.ts';
/** What went wrong, in a word that stays; [errors](errors.md) explains each. */
export type { ErrorCode } from '../model/errors.ts';
export type { Watched, WatchOptions } from './watch.ts';
export type { NodeEvent, PeerChange, PeerEvent } from '../api/node-events.ts';
export { findSocket } from './find.ts';
export type { Wanted } from './find.ts';

/** Where the node is, if it must be said. */
export interface ConnectOptions {
  /** The node's socket. Default: by `GOSSIP_APP_SOCKET` or `GOSSIP_DATA`, or else that of the one node below `GOSSIP_HOME`. */
  readonly socket?: string;
  /** `host:port` of `gossip node run --app-listen`, in place of a socket. */
  readonly address?: string;
  /** What stands in `app.token` of the data directory; with `address` alone. */
  readonly token?: string;
}

/** When a request is given up. */
export interface RequestOptions {
  /** Gives the request up; the module may carry it out all the same. */
  readonly signal?: AbortSignal;
  /** Likewise after so many milliseconds. Default 30,000: more than a node takes for the slowest update and the slowest answer. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

/** A node of this machine. Nothing is connected before the first request; a wrong place is told by that. */
export function connect({ socket, address, token }: ConnectOptions = {}): Gossip {
  return new Gossip(new DoorCaller(address === undefined ? { socket: socket ?? findSocket() } : { address, token }));
}

/** A node, as programs beside it see it. */
export class Gossip {
  readonly #caller: Caller;

  /** See `connect`. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  module(name: string): Module {
    if (!isModuleName(name)) throw new GossipError('GOSSIP_E_MODULE_NAME', `'${name}' is not a module name`);
    return new Module(this.#caller, name);
  }

  /** What the node tells of itself: deployments, the state of its modules, peers that come, fail, leave and are back, whom it speaks with, alarms. */
  events(options: Omit<WatchOptions, 'topic'> = {}): AsyncGenerator<Watched<NodeEvent>, void, undefined> {
    return watch(this.#caller, '/v1/apps/events', options) as AsyncGenerator<Watched<NodeEvent>, void, undefined>;
  }

  /** Ends the connections that are kept for the next request; what is under way fails. */
  close(): void {
    this.#caller.close();
  }
}

/** A module that runs on the node, or not: that is told by what is asked of it. */
export class Module {
  readonly name: string;
  readonly #caller: Caller;

  constructor(caller: Caller, name: string) {
    this.#caller = caller;
    this.name = name;
  }

  /**
   * Asks the module with JSON or bytes, and resolves with its answer. Rejects with a `GossipError`; where it was given up by `signal`, with the signal's reason, which is
   * an `AbortError` unless another was given.
   */
  async request(body: Json | Uint8Array, { signal, timeoutMs = TIMEOUT_MS }: RequestOptions = {}): Promise<Json | Uint8Array> {
    const isBytes = body instanceof Uint8Array;
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.#caller.ask({
        method: 'POST',
        path: `/v1/apps/${this.name}/request`,
        headers: { 'content-type': isBytes ? BYTES_TYPE : 'application/json' },
        body: isBytes ? body : textOf(body),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      return answer.type === BYTES_TYPE ? answer.body : valueOf(answer.body);
    } catch (thrown) {
      if (signal?.aborted !== true && late.aborted)
        throw new GossipError('GOSSIP_E_TIMEOUT', `no answer within ${timeoutMs} ms`, { cause: thrown });
      throw thrown;
    }
  }

  /** What the module publishes from now on, without end: where the connection breaks it is made anew, and goes on from the last event. */
  watch(options: WatchOptions = {}): AsyncGenerator<Watched, void, undefined> {
    return watch(this.#caller, `/v1/apps/${this.name}/watch`, options);
  }
}

function textOf(body: Json): Uint8Array {
  try {
    const text: string | undefined = JSON.stringify(body);
    if (text !== undefined) return Buffer.from(text);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_REQUEST', `the request cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
  throw new GossipError('GOSSIP_E_REQUEST', `the request cannot be written as JSON: it is ${typeof body}`);
}

function valueOf(answer: Uint8Array): Json {
  try {
    return readJson(Buffer.from(answer).toString()) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_MODULE_ANSWER', 'the answer is not JSON', { cause });
  }
}
