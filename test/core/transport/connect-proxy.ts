/** An HTTP CONNECT proxy in this process, which ends with the test. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { splitAddress } from '../../../src/model/address.ts';

export interface TestProxy {
  readonly port: number;
  readonly tunnels: string[];
  readonly authorizations: (string | undefined)[];
  /** All that went through, both ways. */
  readonly passed: () => string;
}

/** An HTTP proxy that does what `answer` says, or opens the tunnel. */
export async function startProxy(answer?: (socket: Socket, target: string) => void): Promise<TestProxy> {
  const tunnels: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const parts: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => void response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    const target = request.url ?? '';
    tunnels.push(target);
    authorizations.push(request.headers['proxy-authorization']);
    client.on('error', () => undefined);
    if (answer) return answer(client, target);
    const upstream = connect(splitAddress(target));
    sockets.add(upstream);
    upstream.on('error', () => void client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'));
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      for (const end of [client, upstream]) end.on('data', (bytes: Buffer) => void parts.push(bytes));
      client.pipe(upstream).pipe(client);
    });
  });
  server.on('connection', (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, tunnels, authorizations, passed: () => Buffer.concat(parts).toString('latin1') };
}
