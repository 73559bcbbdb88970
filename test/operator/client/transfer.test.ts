/** Transfers through slow links: silence ends them, their size does not. Deadlines are short here. */
import { expect, it, onTestFinished } from 'vitest';
import type { ContentHash } from '../../../src/model/names.ts';
import type { PeerRequest, PeerResponse } from '../../../src/core/transport/server/server.ts';
import { OperatorClient } from '../../../src/operator/client/client.ts';
import type { NodeAddress } from '../../../src/operator/client/client.ts';
import type { ClientLimits } from '../../../src/operator/client/client-limits.ts';
import { Transfer } from '../../../src/operator/client/transfer.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { startServer } from '../../core/transport/fixtures.ts';
import { slowLink } from '../../support/slow-link.ts';
import { root } from '../paper-node.ts';

const hash = `sha256:${'0'.repeat(64)}` as ContentHash;

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
      asked.route === 'hello' ? { status: 200, body: Buffer.from('{"admission":null,"name":"node7","address":null}') } : handler(asked),
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

it('a transfer in either direction may take longer than the longest silence', async () => {
  const bytes = Buffer.alloc(1_200 * 1024, 'x');
  let taken = 0;
  const handler = async ({ stream }: PeerRequest): Promise<PeerResponse> => {
    if (!stream) return { status: 200, body: bytes };
    for await (const part of stream) taken += part.byteLength;
    return { status: 204 };
  };
  const { node, client } = await startNode(handler, { requestMs: 1_000 });
  // Each is 75 pieces, 20 ms apart.
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
