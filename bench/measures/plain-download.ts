/** How long plain HTTPS takes to bring the same bytes from one process to many receivers: what one server could do without any gossip. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Client } from 'undici';
import { makeIdentity } from '../../src/trust/identity.ts';
import { each } from '../harness/lab.ts';

export interface Download {
  readonly bytes: number;
  readonly receivers: number;
  /** At the same time. */
  readonly lanes: number;
  readonly signal: AbortSignal;
}

/** Each receiver has a connection of its own, as each of them would be a machine. */
export async function downloadsMs({ bytes, receivers, lanes, signal }: Download): Promise<number> {
  const { keyPem: key, certificatePem: cert } = makeIdentity();
  const body = randomBytes(bytes);
  const server = createServer({ key, cert, minVersion: 'TLSv1.3' }, (_request, response) => void response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receive = async (): Promise<void> => {
    const client = new Client(`https://127.0.0.1:${port}`, { connect: { rejectUnauthorized: false } });
    try {
      const answer = await client.request({ method: 'GET', path: '/', signal });
      await answer.body.dump({ limit: Infinity, signal });
    } finally {
      await client.destroy();
    }
  };
  try {
    const beganAt = performance.now();
    await each(Array.from({ length: receivers }), lanes, receive);
    return performance.now() - beganAt;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
