/** The answer to what is no request: nothing more is said or heard on the connection. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { HttpRefusal, refusalBody, refusalOf } from '../../../api/refusal.ts';
import { linger } from './linger.ts';

/** Says why, in a connection on which no answer is under way, and ends it. `code`: of Node's parser, or undefined. */
export function sayLast(socket: Socket, code: string | undefined): void {
  socket.on('error', () => undefined);
  socket.end(rawRefusal(parserRefusal(code)));
  void linger(socket, 'close').then(() => socket.destroy());
}

function parserRefusal(code: string | undefined): HttpRefusal {
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpRefusal(431, 'GOSSIP_E_TOO_LARGE', 'the headers are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpRefusal(408, 'GOSSIP_E_TIMEOUT', 'the headers did not come in time');
  return new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'this is not a request of the protocol');
}

function rawRefusal(error: HttpRefusal): string {
  const body = refusalBody(refusalOf(error));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${body.byteLength}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${Buffer.from(body).toString()}`;
}
