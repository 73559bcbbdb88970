/** The way out through an HTTP CONNECT proxy. The tunnel carries our TLS end to end: the proxy sees addresses, never content. */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GossipError } from '../../../model/errors.ts';
import type { Address } from '../../../model/names.ts';
import { MAX_TOLD, safeText } from '../../../model/safe-text.ts';

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Value of `proxy-authorization`; null when the proxy asks for none. Never logged. */
  readonly authorization: string | null;
}

/** `http://host:port` or `http://user:password@host:port`. */
export function parseProxy(text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.protocol === 'http:' && url.hostname !== '' && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!plain || !isDecodable(url.username) || !isDecodable(url.password)) {
    throw new GossipError('GOSSIP_E_PROXY', 'the proxy is not of the form http://host:port', {
      advice: 'Give --proxy as http://host:port.',
    });
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    authorization: url.username === '' ? null : basic(url),
  };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function basic(url: URL): string {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** A connection to `target` through `proxy`. Aborting ends it while it is being made. */
export function openTunnel(proxy: Proxy, target: Address, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const connect = request({
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...(proxy.authorization !== null && { 'proxy-authorization': proxy.authorization }) },
    agent: false,
    signal,
    maxHeaderSize: 8_192,
  });
  connect.once('connect', (answer, socket: Socket, head) => {
    const refused = refusalOfProxy(proxy, target, answer, head);
    if (refused) {
      socket.destroy();
      reject(refused);
    } else {
      resolve(socket);
    }
  });
  connect.once('response', () => reject(new GossipError('GOSSIP_E_PROXY', `${nameOf(proxy)} does not speak CONNECT`)));
  connect.once('error', (cause) => {
    reject(
      signal.aborted ? signal.reason : new GossipError('GOSSIP_E_PROXY', `${nameOf(proxy)} cannot be used: ${cause.message}`, { cause }),
    );
  });
  connect.end();
  return promise;
}

function refusalOfProxy(proxy: Proxy, target: Address, answer: IncomingMessage, head: Buffer): GossipError | null {
  const status = answer.statusCode ?? 0;
  // The peer's TLS server never speaks first: early bytes are the proxy's own.
  if (status >= 200 && status < 300 && head.byteLength === 0) return null;
  // The proxy is fine and says that the peer is not.
  if (status >= 500) return new GossipError('GOSSIP_E_UNREACHABLE', `${nameOf(proxy)} cannot reach ${target} (${status})`);
  return new GossipError(
    'GOSSIP_E_PROXY',
    `${nameOf(proxy)} refused a tunnel to ${target}: ${status} ${safeText(answer.statusMessage ?? '', MAX_TOLD)}`,
  );
}

/** `host:port`, without its name and password. */
export function placeOf({ host, port }: Proxy): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function nameOf(proxy: Proxy): string {
  return `the proxy ${placeOf(proxy)}`;
}
