/** What the transport's tests share: servers and clients that end with the test, and raw TLS sockets for what no client would send. */
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { PeerClient } from '../../../src/core/transport/client/client.ts';
import type { PeerClientOptions } from '../../../src/core/transport/client/client.ts';
import type { PeerCheck } from '../../../src/core/transport/client/connect.ts';
import { splitAddress } from '../../../src/model/address.ts';
import { PeerServer } from '../../../src/core/transport/server/server.ts';
import { CHECKS } from '../../../src/core/transport/server/options.ts';
import type { ServerChecks } from '../../../src/core/transport/server/options.ts';
import type { PeerRequest, PeerResponse, PeerServerOptions } from '../../../src/core/transport/server/server.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { Identity } from '../../../src/trust/identity.ts';
import type { Address, NodeId } from '../../../src/model/names.ts';

export const EXCHANGE = '/v1/modules/membership/exchange';
export const BLOB = `/v1/code/sha256:${'a'.repeat(64)}/blobs/sha256:${'b'.repeat(64)}`;

export interface TestServer {
  readonly id: NodeId;
  readonly address: Address;
  readonly server: PeerServer;
  /** Every request that reached the handler. */
  readonly seen: PeerRequest[];
  /** Every line that was logged, as one text. */
  readonly logged: string[];
}

/** The checks of the product, or all but those that a test leaves out. */
export function checks(without: Partial<ServerChecks> = {}): ServerChecks {
  return { ...CHECKS, ...without };
}

/** A server that echoes bodies and ends with the test. */
export async function startServer(options: Partial<PeerServerOptions> = {}, serverChecks = checks()): Promise<TestServer> {
  const identity = makeIdentity();
  const server = new PeerServer(serverChecks);
  const seen: PeerRequest[] = [];
  const logged: string[] = [];
  const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const handler = options.handler ?? echo;
  const { address } = await server.listen({
    identity,
    host: '127.0.0.1',
    port: 0,
    log: { debug: note, warn: note, error: note },
    ...options,
    // Most tests know nobody and say much, and a busy machine takes its time over handshakes: these limits have tests of their own.
    limits: { strangerRequestsPerSecond: 1e9, strangerRequestBurst: 1e9, handshakeMs: 60_000, headerMs: 60_000, ...options.limits },
    handler: (request) => {
      seen.push(request);
      return handler(request);
    },
  });
  onTestFinished(() => server.close({ graceMs: 0 }));
  return { id: options.identity?.id ?? identity.id, address, server, seen, logged };
}

async function echo(request: PeerRequest): Promise<PeerResponse> {
  if (!request.stream) return { status: 200, body: request.body };
  let bytes = 0;
  for await (const part of request.stream) bytes += part.byteLength;
  return { status: 200, body: Buffer.from(String(bytes)) };
}

export function startClient(options: Partial<PeerClientOptions> = {}, check?: PeerCheck): PeerClient {
  const client = new PeerClient({ identity: makeIdentity(), ...options }, check);
  onTestFinished(() => client.close());
  return client;
}

export function post(body: string | Uint8Array = 'hello', path = EXCHANGE) {
  return { method: 'POST', path, body: typeof body === 'string' ? Buffer.from(body) : body, timeoutMs: 10_000, maxBytes: 8 * 1024 * 1024 };
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** How a promise was rejected; fails the test when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it was not rejected');
}

export async function until(condition: () => boolean, what: string, deadlineMs = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A TLS connection to say anything over. */
export class RawPeer {
  readonly socket: TLSSocket;
  received = '';
  secure = false;
  closed = false;

  constructor(address: Address, identity: Identity | null = makeIdentity(), options: ConnectionOptions & { localAddress?: string } = {}) {
    const own = identity ? { cert: identity.certificatePem, key: identity.keyPem } : {};
    this.socket = connect({ ...splitAddress(address), rejectUnauthorized: false, ...own, ...options });
    this.socket.on('secureConnect', () => {
      this.secure = true;
    });
    this.socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  async say(bytes: string | Uint8Array): Promise<this> {
    await this.connected();
    this.socket.write(bytes);
    return this;
  }

  async connected(): Promise<this> {
    await until(() => this.secure || this.closed, 'a handshake');
    return this;
  }

  async end(): Promise<this> {
    await until(() => this.closed, 'the end of the connection');
    return this;
  }

  /** Waits for `count` answers, or for the end; their statuses. */
  async statuses(count = 1): Promise<number[]> {
    await until(() => this.closed || this.#statuses().length >= count, `${count} answers`);
    return this.#statuses();
  }

  #statuses(): number[] {
    return [...this.received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1]));
  }
}
