/** What a handler is given of a request, and the checks before it is given anything (attacks C6, C7, C10, C11). */
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from '../../../api/refusal.ts';
import { findRoute } from '../../../api/routes.ts';
import type { Match, RouteName, RouteTable } from '../../../api/routes.ts';
import { GossipError } from '../../../model/errors.ts';
import type { NodeId } from '../../../model/names.ts';
import { isPlainHeader, isPlainPath } from '../head-grammar.ts';
import type { ServerLimits } from '../limits.ts';
import { paced, pacedWhole } from '../paced.ts';
import type { Pace } from '../paced.ts';

export interface PeerRequest {
  /** Who asks: the hash of the key it holds in this very connection, not what it says of itself (attack B14). */
  readonly from: NodeId;
  /** Where it calls from; an IP address without a port. */
  readonly remoteAddress: string;
  readonly method: string;
  readonly path: string;
  readonly route: RouteName;
  /** The parts of the path that the route's pattern names, such as `module`; plain words, still to be parsed. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names in lower case, each at most once; values in printable ASCII. */
  readonly headers: ReadonlyMap<string, string>;
  /** The whole body; empty on routes that stream. */
  readonly body: Uint8Array;
  /** The body as it arrives, on routes that stream; otherwise null. Rejects when the peer is too slow. */
  readonly stream: AsyncIterable<Uint8Array> | null;
  /** Aborted when the peer goes away before it has its answer. */
  readonly signal: AbortSignal;
  /** Says that it is understood and its answer takes a while (102, RFC 9110 section 15.2). */
  readonly processing: () => void;
}

const LENGTH = /^\d{1,15}$/;

export interface Head {
  readonly match: Match;
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyBytes: number;
}

/** Parses and judges what came before the body; throws an `HttpRefusal`. */
export function parseHead(request: IncomingMessage, routes: RouteTable, check: HeadCheck): Head {
  check(request);
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const match = findRoute(request.method ?? '', request.url ?? '', routes);
  if (!match) throw new HttpRefusal(404, 'GOSSIP_E_NOT_FOUND', 'there is no such route');
  const bodyBytes = Number(headers.get('content-length') ?? 0);
  if (bodyBytes > match.route.maxBodyBytes) {
    throw new HttpRefusal(413, 'GOSSIP_E_TOO_LARGE', `${bodyBytes} bytes, ${match.route.maxBodyBytes} may be sent here`);
  }
  return { match, headers, bodyBytes };
}

export type HeadCheck = (request: IncomingMessage) => void;

/**
 * Refuses every form of a request that two parsers could understand differently: Node's parser has refused the broken
 * ones already, these are the correct ones that no peer of ours ever sends (attacks C10, C11).
 */
export function checkHead(request: IncomingMessage): void {
  checkForm(request);
  checkLength(request);
}

/** All of `checkHead` but what concerns a body. */
export function checkForm(request: IncomingMessage): void {
  if (request.httpVersion !== '1.1') throw new HttpRefusal(505, 'GOSSIP_E_REQUEST', 'only HTTP/1.1 is spoken here');
  if (!isPlainPath(request.url ?? '')) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'the path is not in its plain form');
  checkHeaderGrammar(request.rawHeaders);
  const { headers } = request;
  if (headers.host === undefined) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'the host is missing');
  if (headers.upgrade !== undefined) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'no other protocol is spoken here');
  if (headers.expect !== undefined) throw new HttpRefusal(417, 'GOSSIP_E_REQUEST', 'no expectation is met here');
}

/** Whether it says plainly how long its body is. */
export function checkLength({ headers, method }: IncomingMessage): void {
  const length = headers['content-length'];
  const needsLength = headers['transfer-encoding'] !== undefined || (length === undefined && method !== 'GET' && method !== 'HEAD');
  if (needsLength) throw new HttpRefusal(411, 'GOSSIP_E_REQUEST', 'a body needs its length in front');
  if (length !== undefined && !LENGTH.test(length)) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'the length is not a number');
}

function checkHeaderGrammar(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (seen.has(name)) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'a header is repeated');
    seen.add(name);
    if (!isPlainHeader(name, rawHeaders[index + 1] ?? '')) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'a header is not plain text');
  }
}

/** The whole body, held to the minimum rate (attack C7). Its length was checked; the parser holds it to that. */
export async function readBody(request: IncomingMessage, bodyBytes: number, limits: ServerLimits): Promise<Uint8Array> {
  if (bodyBytes === 0) {
    request.resume();
    return new Uint8Array();
  }
  try {
    return await pacedWhole(request, paceOf(bodyBytes, limits));
  } catch (error) {
    if (!(error instanceof GossipError)) throw brokeOff();
    throw error.code === 'GOSSIP_E_TIMEOUT' ? new HttpRefusal(408, error.code, error.message) : error;
  }
}

/** The body as it arrives, held to the minimum rate instead of a deadline: bodies may be large and links slow (attack C7). */
export async function* streamBody(request: IncomingMessage, bodyBytes: number, limits: ServerLimits): AsyncGenerator<Uint8Array> {
  try {
    // Not destroyed when abandoned: the peer must still hear why.
    yield* paced(request, paceOf(bodyBytes, limits), () => undefined);
  } catch (error) {
    throw error instanceof GossipError ? error : brokeOff();
  }
}

function paceOf(bodyBytes: number, limits: ServerLimits): Pace {
  return { minBytesPerSecond: limits.minBytesPerSecond, windowMs: limits.requestMs, maxBytes: bodyBytes };
}

/** A peer's doing, not a fault of this node: nobody can fill its log with errors by hanging up. */
function brokeOff(): HttpRefusal {
  return new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'the body broke off');
}
