/**
 * The door for applications: HTTP over a Unix socket in the data directory, and over loopback with a token where that is asked for. Whoever comes in may use
 * modules and watch; nothing behind it can deploy, inject, or see a key.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress } from '../../model/address.ts';
import type { HostAndPort } from '../../model/address.ts';
import type { Address } from '../../model/names.ts';
import { portError } from '../transport/server/port-error.ts';
import { sayLast } from '../transport/server/last-word.ts';
import type { TransportLog } from '../transport/server/options.ts';
import { doorLimits } from './limits.ts';
import type { DoorLimits } from './limits.ts';
import { DoorServing } from './serve.ts';
import type { DoorService } from './serve.ts';
import { listenOnSocket } from './socket.ts';
import type { SocketPlace } from './socket.ts';
import { checkToken } from './token.ts';
import type { Lines } from './lines.ts';
import type { Turns } from './turns.ts';

export interface DoorOptions {
  readonly service: DoorService;
  readonly socket: SocketPlace | null;
  /** A loopback address, and the token that callers must show there. */
  readonly tcp: (HostAndPort & { readonly token: string }) | null;
  readonly strain: () => number;
  readonly log: TransportLog;
  readonly limits?: Partial<DoorLimits>;
  /** Shared with others who ask the same modules; by default each entrance has its own. */
  readonly turns?: Turns;
  /** Likewise. */
  readonly lines?: Lines;
}

/** How often Node looks for late heads. */
const CHECK_MS = 1_000;

interface Entrance {
  readonly server: Server;
  readonly serving: DoorServing;
}

export class Door {
  readonly #limits: DoorLimits;
  readonly #options: DoorOptions;
  readonly #entrances: Entrance[] = [];

  private constructor(options: DoorOptions) {
    this.#options = options;
    this.#limits = doorLimits(options.limits);
  }

  /** Rejects with a coded error, and leaves nothing open, where it cannot listen. `address`: of the entrance by TCP. */
  static async open(options: DoorOptions): Promise<{ readonly door: Door; readonly address: Address | null }> {
    const door = new Door(options);
    try {
      if (options.socket !== null)
        await listenOnSocket(
          door.#entrance(() => undefined),
          options.socket,
        );
      const { tcp } = options;
      const address =
        tcp === null
          ? null
          : await listenOnLoopback(
              door.#entrance((request) => checkToken(request, tcp.token)),
              tcp,
            );
      return { door, address };
    } catch (error) {
      await door.close(0);
      throw error;
    }
  }

  /** Takes nothing new, lets what was taken be answered for up to `graceMs`, then ends all connections. */
  async close(graceMs: number): Promise<void> {
    const entrances = this.#entrances.splice(0);
    const drained = Promise.all(entrances.map(({ serving }) => serving.drain()));
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, graceMs);
    const closed = Promise.all(entrances.map(({ server }) => new Promise((resolve) => server.close(resolve))));
    await Promise.race([drained, late.promise]);
    clearTimeout(timer);
    for (const { server } of entrances) server.closeAllConnections();
    await closed;
  }

  #entrance(admit: (request: IncomingMessage) => void): Server {
    const { service, strain, log, turns, lines } = this.#options;
    const limits = this.#limits;
    const shared = { ...(turns !== undefined && { turns }), ...(lines !== undefined && { lines }) };
    const serving = new DoorServing({ service, limits, admit, strain, log, ...shared });
    const server = createServer({
      headersTimeout: limits.headerMs,
      // Deadlines of bodies are by their rate: see readBody.
      requestTimeout: 0,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.maxHeaderBytes,
      insecureHTTPParser: false,
      requireHostHeader: false,
      noDelay: true,
    });
    server.maxConnections = limits.maxConnections + limits.maxWatchers;
    server.on('request', (request, response) => serving.serve(request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => endBroken(socket as Socket, error.code));
    server.on('connect', (_request, socket) => socket.destroy());
    this.#entrances.push({ server, serving });
    return server;
  }
}

async function listenOnLoopback(server: Server, { host, port }: HostAndPort): Promise<Address> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: Error): void => reject(portError(host, port, cause, '--app-listen'));
  server.once('error', fail);
  server.listen({ host, port }, () => resolve());
  await promise;
  server.off('error', fail);
  const { address, port: bound } = server.address() as AddressInfo;
  return formatAddress(address, bound);
}

/** Broken, too long, or late: said once, where nothing else is being said. */
function endBroken(socket: Socket, code: string | undefined): void {
  const isAnswering = (socket as Socket & { _httpMessage?: unknown })._httpMessage;
  if (!socket.writable || code === 'ECONNRESET' || (isAnswering !== undefined && isAnswering !== null)) socket.destroy();
  else sayLast(socket, code);
}
