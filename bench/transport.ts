/**
 * How much the transport carries, both ends in this process: requests on kept connections, and full handshakes.
 * `node bench/transport.ts [rounds]` prints the median and the spread of the rounds.
 */
import { callTo } from '../src/api/routes.ts';
import { PeerClient } from '../src/core/transport/client/client.ts';
import type { Callee, RequestCall } from '../src/core/transport/client/call.ts';
import { PeerServer } from '../src/core/transport/server/server.ts';
import { makeIdentity } from '../src/trust/identity.ts';

const rounds = Number(process.argv[2] ?? 7);
const CALL: RequestCall = {
  ...callTo('exchange', { module: 'bench' }),
  body: Buffer.alloc(200, 'x'),
  timeoutMs: 30_000,
  maxBytes: 1_024,
};
const UNBOUNDED = {
  handshakesPerSecond: 1e9,
  handshakeBurst: 1e9,
  requestsPerSecond: 1e9,
  requestBurst: 1e9,
  strangerRequestsPerSecond: 1e9,
  strangerRequestBurst: 1e9,
  maxConnectionsPerId: 1_000,
};

/** Runs `task` `count` times, `lanes` at a time; how many per second that was. */
async function perSecond(count: number, lanes: number, task: () => Promise<unknown>): Promise<number> {
  let left = count;
  const startedAt = performance.now();
  const lane = async (): Promise<void> => {
    for (; left > 0; left -= 1) await task();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return (count * 1_000) / (performance.now() - startedAt);
}

async function measure(name: string, round: () => Promise<number>): Promise<void> {
  await round();
  const results: number[] = [];
  for (let index = 0; index < rounds; index++) results.push(await round());
  results.sort((a, b) => a - b);
  const at = (share: number) => Math.round(results[Math.round((results.length - 1) * share)] ?? 0).toLocaleString('en');
  process.stdout.write(`${name.padEnd(24)} median ${at(0.5)}/s   from ${at(0)} to ${at(1)}   (${rounds} rounds)\n`);
}

async function handshake(peer: Callee, identity: ReturnType<typeof makeIdentity>): Promise<void> {
  const client = new PeerClient({ identity });
  await client.request(peer, CALL);
  await client.close();
}

const identity = makeIdentity();
const server = new PeerServer();
const { address } = await server.listen({
  identity,
  host: '127.0.0.1',
  port: 0,
  limits: UNBOUNDED,
  handler: async ({ body }) => ({ status: 200, body }),
});
const peer = { id: identity.id, address };
const caller = makeIdentity();
const client = new PeerClient({ identity: caller });
await measure('requests, one by one', () => perSecond(1_000, 1, () => client.request(peer, CALL)));
await measure('requests, eight at once', () => perSecond(4_000, 8, () => client.request(peer, CALL)));
await measure('handshakes', () => perSecond(200, 4, () => handshake(peer, caller)));
await client.close();
await server.close({ graceMs: 1_000 });
