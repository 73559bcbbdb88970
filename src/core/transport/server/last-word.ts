/** The answer to what is no request: nothing more is said or heard on the connection. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { HttpRefusal, refusalBody, refusalOf, REVOKED_STATUS } from '../../../api/refusal.ts';
import type { Refusal } from '../../../api/refusal.ts';
import type { GossipError } from '../../../model/errors.ts';
import { linger } from './linger.ts';

/** Says why, in a connection on which no answer is under way, and ends it. `code`: of Node's parser, or undefined. */
export function sayLast(socket: Socket, code: string | undefined): void {
  socket.on('error', () => undefined);
  socket.end(rawRefusal(refusalOf(parserRefusal(code))));
  void linger(socket, 'close').then(() => socket.destroy());
}

/** Long enough for a word that the peer takes at all. */
const FAREWELL_MS = 1_000;

/** Ends an idle connection on purpose: the peer hears that it was meant, and does not take it for the death of this node. */
export function sayFarewell(socket: Socket, why: GossipError): void {
  const late = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.on('error', () => undefined);
  socket.once('close', () => clearTimeout(late));
  socket.end(rawRefusal(refusalOf(why)), () => socket.destroy());
}

/** The only answer to one who may not ask: with this refusal in JSON, whatever it is about to say. It is not read, and thrown away. */
export function sayRefused(socket: Socket, body: Uint8Array): void {
  socket.on('error', () => undefined);
  socket.end(rawAnswer(REVOKED_STATUS, body));
  void linger(socket, 'close').then(() => socket.destroy());
}

function parserRefusal(code: string | undefined): HttpRefusal {
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpRefusal(431, 'GOSSIP_E_TOO_LARGE', 'the headers are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpRefusal(408, 'GOSSIP_E_TIMEOUT', 'the headers did not come in time');
  return new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'this is not a request of the protocol');
}

function rawRefusal(refusal: Refusal): string {
  return rawAnswer(refusal.status, refusalBody(refusal));
}

function rawAnswer(status: number, body: Uint8Array): string {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${body.byteLength}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${Buffer.from(body).toString()}`;
}
