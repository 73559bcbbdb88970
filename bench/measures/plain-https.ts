/**
 * One of two processes that talk plain HTTPS: `node bench/measures/plain-https.ts server` prints its port and answers each body with the same;
 * `… client PORT TURN_MS` asks it in its turns until its input ends, and prints what it measured. Keys, TLS and client library are those of nodes, and nothing else is.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Pool } from 'undici';
import { makeIdentity } from '../../src/trust/identity.ts';
import { BODY_BYTES, EVERY_MS, turnAt } from './turns.ts';
import type { Sample } from './turns.ts';

const { keyPem: key, certificatePem: cert } = makeIdentity();
const [role, port, turnMs] = process.argv.slice(2);

if (role === 'server') serve();
else process.stdout.write(JSON.stringify(await ask(Number(port), Number(turnMs))));

function serve(): void {
  const server = createServer({ key, cert, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void text(request).then((body) => response.end(body));
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(String((server.address() as AddressInfo).port)));
  // Whoever started it is gone.
  process.stdin.resume().once('end', () => process.exit());
}

async function ask(to: number, ofTurn: number): Promise<Sample[]> {
  const pool = new Pool(`https://127.0.0.1:${to}`, { connect: { key, cert, rejectUnauthorized: false }, connections: 1, pipelining: 1 });
  const samples: Sample[] = [];
  const body = 'x'.repeat(BODY_BYTES);
  let isAsking = false;
  const round = async (): Promise<void> => {
    if (isAsking || turnAt(Date.now(), ofTurn) !== 'plain') return;
    isAsking = true;
    const since = performance.now();
    const answer = await pool.request({ method: 'POST', path: '/', body, headers: { 'content-type': 'application/json' } });
    await answer.body.text();
    samples.push([Date.now(), performance.now() - since]);
    isAsking = false;
  };
  const timer = setInterval(() => void round(), EVERY_MS);
  await new Promise((resolve) => process.stdin.resume().once('end', resolve));
  clearInterval(timer);
  await pool.destroy();
  return samples;
}
