/** One request at the door, from its head to its answer: what is asked of a module goes to the core, and whoever watches stays. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { findAppRoute, formOf, typeOf } from '../../api/apps.ts';
import type { AppRoute } from '../../api/apps.ts';
import { HttpRefusal, refusalOf } from '../../api/refusal.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import type { Content } from '../../model/content.ts';
import { MAX_MESSAGE_BYTES } from '../../sdk/limits.ts';
import { SERVER_LIMITS } from '../transport/limits.ts';
import { checkForm, checkLength, readBody } from '../transport/server/request.ts';
import { refusalResponse, writeResponse } from '../transport/server/response.ts';
import type { TransportLog } from '../transport/server/options.ts';
import type { DoorLimits } from './limits.ts';
import { linesOf } from './lines.ts';
import type { Lines } from './lines.ts';
import { turnsOf } from './turns.ts';
import type { Turns } from './turns.ts';

/** Requests on top of each other in one connection. */
const MAX_PIPELINED = 8;

export type WatchRoute = Exclude<AppRoute, { name: 'request' }>;

export interface DoorService {
  readonly request: (module: ModuleName, content: Content) => Promise<Content>;
  /** Takes the connection over; throws where it cannot. */
  readonly watch: (route: WatchRoute, request: Pick<IncomingMessage, 'headers'>, response: ServerResponse) => void;
}

export interface DoorServingOptions {
  readonly service: DoorService;
  readonly limits: DoorLimits;
  /** Throws where the caller shows no right to come in. */
  readonly admit: (request: IncomingMessage) => void;
  readonly strain: () => number;
  readonly log: TransportLog;
  /** Shared with others who ask the same modules; by default its own. */
  readonly turns?: Turns;
  /** Likewise. */
  readonly lines?: Lines;
}

export class DoorServing {
  readonly #options: DoorServingOptions;
  readonly #turns: Turns;
  readonly #lines: Lines;
  readonly #underWay = new Set<Promise<void>>();
  /** Requests of a connection whose answers have not left. */
  readonly #open = new WeakMap<Socket, number>();
  #bufferedBytes = 0;
  #draining = false;

  constructor(options: DoorServingOptions) {
    this.#options = options;
    this.#lines = options.lines ?? linesOf(options.limits);
    this.#turns = options.turns ?? turnsOf(options.limits, options.strain);
  }

  /** From now on nothing new is taken; resolves when what was taken is answered. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#underWay);
  }

  /** Never rejects: what goes wrong is told to the caller, or ends its connection. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const open = this.#open.get(socket) ?? 0;
    // Whoever asks on top of that without hearing an answer, or speaks where he watches, is no client of ours.
    if (open >= MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    this.#open.set(socket, open + 1);
    response.once('close', () => this.#open.set(socket, (this.#open.get(socket) ?? 1) - 1));
    const served = this.#serve(request, response).finally(() => this.#underWay.delete(served));
    this.#underWay.add(served);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    response.on('error', () => undefined);
    try {
      if (this.#draining) throw new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
      const route = this.#routeOf(request);
      if (route.name !== 'request') return this.#options.service.watch(route, request, response);
      const { form, bytes } = await this.#answer(route.module, request, response);
      const headers = { 'content-type': typeOf(form) };
      await writeResponse(request, response, { status: 200, headers, body: bytes }, this.#options.limits.drainMs);
    } catch (thrown) {
      await this.#refuse(thrown, request, response);
    }
    return undefined;
  }

  /** What is asked by whom; nothing of a body is read before. */
  #routeOf(request: IncomingMessage): AppRoute {
    const [path = '', query = ''] = splitOnce(request.url ?? '');
    // The query has a grammar of its own.
    request.url = path;
    // Node has said "continue" already; older programs ask for that before every longer body.
    if (request.headers.expect?.toLowerCase() === '100-continue') delete request.headers.expect;
    checkForm(request);
    this.#options.admit(request);
    const route = findAppRoute(request.method ?? '', path, query);
    // After the route: whoever asks by the wrong method is told so, with or without a body.
    checkLength(request);
    return route;
  }

  async #answer(module: ModuleName, request: IncomingMessage, response: ServerResponse): Promise<Content> {
    const bodyBytes = Number(request.headers['content-length'] ?? 0);
    if (bodyBytes > MAX_MESSAGE_BYTES) {
      throw new HttpRefusal(413, 'GOSSIP_E_TOO_LARGE', `a request of ${bodyBytes} bytes, ${MAX_MESSAGE_BYTES} are allowed`);
    }
    await this.#lines.enter(module);
    try {
      await this.#turns.take();
      if (response.destroyed) throw new GossipError('GOSSIP_E_UNREACHABLE', 'the caller went away');
      return await this.#ask(module, request, bodyBytes);
    } finally {
      this.#lines.leave(module);
    }
  }

  async #ask(module: ModuleName, request: IncomingMessage, bodyBytes: number): Promise<Content> {
    const { limits, service } = this.#options;
    if (this.#bufferedBytes + bodyBytes > limits.maxBufferedBytes)
      throw new GossipError('GOSSIP_E_BUSY', 'too many requests are under way');
    this.#bufferedBytes += bodyBytes;
    try {
      const bytes = await readBody(request, bodyBytes, { ...SERVER_LIMITS, ...limits });
      return await service.request(module, { form: formOf(request.headers['content-type']), bytes });
    } finally {
      this.#bufferedBytes -= bodyBytes;
    }
  }

  async #refuse(thrown: unknown, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(thrown);
    const fields = { path: safeText(request.url ?? '', MAX_TOLD), status: refusal.status, code: refusal.code };
    if (refusal.status === 500) this.#options.log.error({ ...fields, err: thrown }, 'a request of an application failed');
    else this.#options.log.debug(fields, refusal.message);
    // Half an answer cannot be taken back: the caller must see that it is broken.
    if (response.headersSent || response.destroyed) {
      request.socket.destroy();
      return;
    }
    // What comes after a body that was not read to its end is not a request (attack C10).
    if (!request.complete) response.shouldKeepAlive = false;
    await writeResponse(request, response, refusalResponse(refusal), this.#options.limits.drainMs).catch(() => request.socket.destroy());
  }
}

function splitOnce(url: string): readonly string[] {
  const at = url.indexOf('?');
  return at === -1 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}
