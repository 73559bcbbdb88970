/** Writes answers; gives up on peers that do not take them (attack C7). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { jsonBody } from '../../../api/body.ts';
import { refusalBody } from '../../../api/refusal.ts';
import type { Refusal } from '../../../api/refusal.ts';
import { GossipError } from '../../../model/errors.ts';
import type { Peer } from '../../../model/names.ts';
import { linger } from './linger.ts';

export interface PeerResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream should come with its `content-length`; it is destroyed when the peer goes away. */
  readonly body?: Uint8Array | Readable;
  /** Writes head and body by itself, for as long as the connection lasts; throws where it cannot, before it wrote anything. Nothing of the rest counts then. */
  readonly takeOver?: (response: ServerResponse) => void;
}

/** How much goes to a peer before it must have taken something of it. */
const SLICE_BYTES = 64 * 1024;

const JSON_TYPE = { 'content-type': 'application/json' };

export function jsonResponse(status: number, value: unknown): PeerResponse {
  return { status, headers: JSON_TYPE, body: jsonBody(value) };
}

export function refusalResponse(refusal: Refusal, referrals?: readonly Peer[]): PeerResponse {
  return { status: refusal.status, headers: JSON_TYPE, body: refusalBody(refusal, referrals) };
}

/** Resolves when the answer has left; rejects when the peer goes away or takes nothing of it for `drainMs`. */
export async function writeResponse(
  request: IncomingMessage,
  response: ServerResponse,
  answer: PeerResponse,
  drainMs: number,
): Promise<void> {
  const { status, headers, body, takeOver } = answer;
  if (takeOver !== undefined) {
    if (response.destroyed) throw gone();
    const closed = new Promise((resolve) => response.once('close', resolve));
    takeOver(response);
    await closed;
  } else if (body instanceof Readable) {
    await writeStream(request, response, { status, headers: { ...headers }, body }, drainMs);
  } else if (status === 204 || status === 304) {
    // These have no body, and so no length.
    response.writeHead(status, { ...headers });
    await end(request, response, drainMs);
  } else {
    const bytes = body ?? new Uint8Array();
    response.writeHead(status, { ...headers, 'content-length': String(bytes.byteLength) });
    await writeBytes(request, response, bytes, drainMs);
  }
}

async function writeBytes(request: IncomingMessage, response: ServerResponse, body: Uint8Array, drainMs: number): Promise<void> {
  const last = await writeSlices(response, body, drainMs);
  await end(request, response, drainMs, last);
}

async function writeStream(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: Record<string, string>; body: Readable },
  drainMs: number,
): Promise<void> {
  const destroy = () => void body.destroy();
  response.once('close', destroy);
  try {
    response.writeHead(status, headers);
    for await (const part of body) await write(response, await writeSlices(response, part as Uint8Array, drainMs), drainMs);
    await end(request, response, drainMs);
  } finally {
    response.off('close', destroy);
    destroy();
  }
}

/** All but the last slice, which is left. */
async function writeSlices(response: ServerResponse, bytes: Uint8Array, drainMs: number): Promise<Uint8Array> {
  let offset = 0;
  for (; bytes.byteLength - offset > SLICE_BYTES; offset += SLICE_BYTES) {
    await write(response, bytes.subarray(offset, offset + SLICE_BYTES), drainMs);
  }
  return bytes.subarray(offset);
}

async function write(response: ServerResponse, part: Uint8Array, drainMs: number): Promise<void> {
  if (response.destroyed) throw gone();
  if (!response.write(part)) await within(response, 'drain', drainMs);
}

async function end(
  request: IncomingMessage,
  response: ServerResponse,
  drainMs: number,
  part: Uint8Array = new Uint8Array(),
): Promise<void> {
  if (response.destroyed) throw gone();
  if (request.complete) {
    response.end(part);
  } else {
    // The peer has the whole answer now; the connection is closed after it, but not in the face of a peer that still sends.
    // One without a body has no bytes that would take its head along.
    if (part.byteLength === 0) response.flushHeaders();
    else response.write(part);
    await linger(request, 'end');
    response.end();
  }
  if (!response.writableFinished) await within(response, 'finish', drainMs);
}

/** Waits for `event`; when it is late, or the peer goes away, the answer has failed. */
function within(response: ServerResponse, event: 'drain' | 'finish', drainMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new GossipError('GOSSIP_E_TIMEOUT', `the peer took nothing for ${drainMs} ms`)), drainMs);
  const lost = () => reject(gone());
  // At once, or the end of an answer that was taken makes an error that nobody sees.
  const happened = () => {
    response.off('close', lost);
    resolve();
  };
  response.once(event, happened);
  response.once('close', lost);
  return promise.finally(() => {
    clearTimeout(late);
    response.off(event, happened);
    response.off('close', lost);
  });
}

function gone(): GossipError {
  return new GossipError('GOSSIP_E_UNREACHABLE', 'the peer went away');
}
