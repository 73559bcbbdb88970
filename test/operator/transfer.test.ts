/** Transfers through slow links: silence ends them, their size does not. Deadlines are short here. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { splitAddress } from '../../src/model/address.ts';
import type { Address, ContentHash } from '../../src/model/names.ts';
import type { PeerRequest, PeerResponse } from '../../src/core/transport/server.ts';
import { OperatorClient } from '../../src/operator/client.ts';
import type { ClientLimits, NodeAddress } from '../../src/operator/client.ts';
import { Transfer } from '../../src/operator/transfer.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { startServer } from '../core/transport/fixtures.ts';
import { root } from './paper-node.ts';

const hash = `sha256:${'0'.repeat(64)}` as ContentHash;
const EVERY_MS = 20;

/** A rendezvous node, which the client knows by its id, behind a link. */
async function startNode(
  handler: (asked: PeerRequest) => Promise<PeerResponse>,
  limits: Partial<ClientLimits>,
  passes?: () => boolean,
): Promise<{ node: NodeAddress; client: OperatorClient }> {
  const identity = makeIdentity();
  const { address } = await startServer({
    identity,
    handler: async (asked) =>
      asked.route === 'hello' ? { status: 200, body: Buffer.from('{"admission":null,"name":"node7"}') } : handler(asked),
  });
  const node = { id: identity.id, address: await slowLink(address, 16 * 1024, passes), name: 'node7' };
  const trusted: TrustedRoot = { ...root, root: { ...root.root, rendezvous: [node] } };
  const client = new OperatorClient(
    { name: 'paper', directory: '', root: trusted, identity: makeIdentity(), admission: {} as never, nodes: [] },
    limits,
  );
  onTestFinished(() => client.close());
  return { node, client };
}

/** A link in front of a node that passes so many bytes each 20 ms in each direction; none once `passes` says so. */
async function slowLink(to: Address, bytesPerTick: number, passes: () => boolean = () => true): Promise<Address> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (caller) => {
    const node = connect({ ...splitAddress(to), allowHalfOpen: true });
    for (const [from, into] of [
      [caller, node],
      [node, caller],
    ] as const) {
      sockets.add(from.on('error', () => into.destroy()).on('close', () => into.destroy()));
      from.pause();
      const timer = setInterval(() => {
        const bytes = passes() ? (from.read(Math.min(bytesPerTick, from.readableLength)) as Buffer | null) : null;
        if (bytes) into.write(bytes);
      }, EVERY_MS);
      from.once('close', () => clearInterval(timer)).on('readable', () => undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}` as Address;
}

it('a transfer in either direction may take many times the longest silence', async () => {
  const bytes = Buffer.alloc(1024 * 1024, 'x');
  let taken = 0;
  const handler = async ({ stream }: PeerRequest): Promise<PeerResponse> => {
    if (!stream) return { status: 200, body: bytes };
    for await (const part of stream) taken += part.byteLength;
    return { status: 204 };
  };
  const { node, client } = await startNode(handler, { requestMs: 500 });
  // Each is 64 pieces, 20 ms apart.
  await client.putBlob(node, hash, hash, bytes);
  expect([(await client.blob(node, hash, hash)).length, taken]).toEqual([bytes.length, bytes.length]);
});

it('a node that falls silent in the middle of an upload is given up', async () => {
  let taken = 0;
  const handler = async ({ stream }: PeerRequest): Promise<PeerResponse> => {
    for await (const part of stream ?? []) taken += part.byteLength;
    return { status: 204 };
  };
  const { node, client } = await startNode(handler, { requestMs: 300, minBytesPerSecond: 1e8 }, () => taken < 100_000);
  await expect(client.putBlob(node, hash, hash, Buffer.alloc(8 * 1024 * 1024))).rejects.toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
});

it('a node that sends a byte now and then is given up: what came earns its time at the least rate', async () => {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const transfer = new Transfer({ silenceMs: 100, minBytesPerSecond: 1_000_000 }, () => resolve('late'));
  let bytes = 0;
  const timer = setInterval(() => transfer.received((bytes += 1)), 10);
  onTestFinished(() => clearInterval(timer));
  expect(await late).toBe('late');
});
