/**
 * Metrics over HTTP, at an address of their own: whoever reaches it may read them, and nothing else. What a caller may cost is bounded: few connections,
 * small heads, no bodies, and a text that is written at most once a second for each format.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { HttpRefusal, refusalOf } from '../../api/refusal.ts';
import { formatAddress, rangeOf } from '../../model/address.ts';
import type { HostAndPort } from '../../model/address.ts';
import type { Address } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { sayLast } from '../transport/server/last-word.ts';
import type { TransportLog } from '../transport/server/options.ts';
import { portError } from '../transport/server/port-error.ts';
import { checkForm } from '../transport/server/request.ts';
import { refusalResponse, writeResponse } from '../transport/server/response.ts';
import type { PeerResponse } from '../transport/server/response.ts';
import { formatFor } from './accept.ts';
import type { Format } from './text.ts';

const METRICS_PATH = '/metrics';
/** For those who ask whether the node is alive, such as a kubelet: they have no certificate. */
const HEALTH_PATH = '/healthz';

/** A few servers of Prometheus, and a person with a browser. */
const MAX_CONNECTIONS = 16;
const MAX_HEADER_BYTES = 8_192;
const HEADER_MS = 5_000;
/** As long as Prometheus lets pass between two scrapes by default, and more. */
const KEEP_ALIVE_MS = 75_000;
/** Longest pause in which a caller takes nothing of an answer. */
const DRAIN_MS = 10_000;
const CHECK_MS = 1_000;

export interface MetricsServerOptions {
  /** The text in a format, with its type. */
  readonly text: (format: Format) => Promise<{ readonly type: string; readonly body: Uint8Array }>;
  /** Why the node is not alive; null: it is. */
  readonly ill: () => GossipError | null;
  readonly log: TransportLog;
}

export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  /** On loopback, who gives this machine another name means to reach it from a web page (DNS rebinding). */
  readonly #anyHost: boolean;

  private constructor(options: MetricsServerOptions, host: string) {
    this.#options = options;
    this.#anyHost = rangeOf(host) !== 'loopback';
    this.#server = createServer({
      headersTimeout: HEADER_MS,
      requestTimeout: 2 * HEADER_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      requireHostHeader: false,
      noDelay: true,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    // Idle ones give way, so that nobody keeps the others out by doing nothing.
    this.#server.on('drop', () => this.#server.closeIdleConnections());
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => endBroken(socket as Socket, error.code));
    this.#server.on('connect', (_request, socket) => socket.destroy());
  }

  /** Rejects with GOSSIP_E_PORT where it cannot listen. */
  static async listen({ host, port }: HostAndPort, options: MetricsServerOptions): Promise<{ server: MetricsServer; address: Address }> {
    const server = new MetricsServer(options, host);
    return { server, address: await server.#listen(host, port) };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(host: string, port: number): Promise<Address> {
    const server = this.#server;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (cause: Error): void => reject(portError(host, port, cause, '--metrics'));
    server.once('error', fail);
    server.listen({ host, port }, () => resolve());
    await promise;
    server.off('error', fail);
    const { log } = this.#options;
    server.on('error', (error) => log.error({ error: safeText(error.message, MAX_TOLD) }, 'accepting connections for metrics failed'));
    const bound = server.address() as AddressInfo;
    return formatAddress(bound.address, bound.port);
  }

  /** Never rejects: what goes wrong is told to the caller, or ends its connection. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    response.on('error', () => undefined);
    const answer = await this.#answer(request).catch((thrown: unknown) => this.#refuse(thrown, request));
    // What comes after a body that was not read to its end is not a request (attack C10).
    if (!request.complete) response.shouldKeepAlive = false;
    await writeResponse(request, response, answer, DRAIN_MS).catch(() => request.socket.destroy());
  }

  async #answer(request: IncomingMessage): Promise<PeerResponse> {
    // Prometheus may be told to add parameters; none means anything here.
    request.url = (request.url ?? '').replace(/\?.*$/s, '');
    checkForm(request);
    if (!this.#anyHost) checkHost(request.headers.host ?? '');
    const path = request.url;
    if (path !== METRICS_PATH && path !== HEALTH_PATH) {
      throw new HttpRefusal(404, 'GOSSIP_E_NOT_FOUND', `only ${METRICS_PATH} and ${HEALTH_PATH} are served here`);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'GOSSIP_E_REQUEST', `${path} is asked by GET`);
    if (path === HEALTH_PATH) {
      const ill = this.#options.ill();
      if (ill !== null) throw ill;
      return {
        status: 200,
        headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
        body: Buffer.from('ok\n'),
      };
    }
    const { type, body } = await this.#options.text(formatFor(request.headers.accept));
    return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store', vary: 'accept' }, body };
  }

  #refuse(thrown: unknown, request: IncomingMessage): PeerResponse {
    const refusal = refusalOf(thrown);
    const fields = { path: safeText(request.url ?? '', MAX_TOLD), status: refusal.status, code: refusal.code };
    if (refusal.status === 500) this.#options.log.error({ ...fields, err: thrown }, 'metrics could not be told');
    else this.#options.log.debug(fields, refusal.message);
    const response = refusalResponse(refusal);
    return refusal.status === 405 ? { ...response, headers: { ...response.headers, allow: 'GET, HEAD' } } : response;
  }
}

function checkHost(host: string): void {
  const name = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) !== 0 || name.toLowerCase() === 'localhost') return;
  throw new HttpRefusal(403, 'GOSSIP_E_REQUEST', 'on loopback this is asked by a literal address, or localhost');
}

/** Broken, too long, or late: said once, where nothing else is being said. */
function endBroken(socket: Socket, code: string | undefined): void {
  const isAnswering = (socket as Socket & { _httpMessage?: unknown })._httpMessage;
  if (!socket.writable || code === 'ECONNRESET' || (isAnswering !== undefined && isAnswering !== null)) socket.destroy();
  else sayLast(socket, code);
}

/** Before the node takes part. */
export const NOT_YET = new GossipError('GOSSIP_E_BUSY', 'the node is starting');
export const STANDS_STILL = new GossipError('GOSSIP_E_BUSY', 'the protocol of the node stands still');
