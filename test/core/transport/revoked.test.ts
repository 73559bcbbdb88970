/** A node that was revoked has its key still: it is refused before a byte of HTTP, in both directions, and what is open ends at once (attack B15). */
import { expect, test } from 'vitest';
import { Barring } from '../../../src/core/admission/barring.ts';
import { parseRevoked } from '../../../src/api/refusal.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { note } from '../../support/notes.ts';
import { peer } from '../../support/records.ts';
import { post, rejection, startClient, startServer, text } from './fixtures.ts';

function revoking(...ids: readonly NodeId[]): Barring {
  const barring = new Barring(peer(1).id);
  barring.notes.merge(ids.map((id) => note('revoke', id)));
  return barring;
}

async function ask(isRevoked: boolean): Promise<{ readonly status: number; readonly body: Uint8Array; readonly heard: number }> {
  const thief = makeIdentity();
  const barring = revoking(...(isRevoked ? [thief.id] : []));
  const { address, id, seen } = await startServer({ refusal: barring.refusal });
  const { status, body } = await startClient({ identity: thief }).request({ id, address }, post());
  return { status, body, heard: seen.length };
}

test('attack B15: the holder of a revoked key is told so, with the note, and nothing that it says is read', async () => {
  const { status, body, heard } = await ask(true);
  expect([status, heard]).toEqual([403, 0]);
  expect(parseRevoked({ status, body })).toMatchObject({ note: { payloadType: 'gossip/node-note/1' } });
});

test('where nobody revoked it, attack B15 speaks as the node', async () => {
  const { status, body, heard } = await ask(false);
  expect([status, text(body), heard]).toEqual([200, 'hello', 1]);
});

test('a body however long is not read either', async () => {
  const thief = makeIdentity();
  const { address, id, seen } = await startServer({ refusal: revoking(thief.id).refusal });
  const answer = await startClient({ identity: thief }).request({ id, address }, post(new Uint8Array(4 * 1024 * 1024)));
  expect([answer.status, seen.length]).toEqual([403, 0]);
});

test('a request that is under way ends with its connection, and others go on', async () => {
  const [thief, honest] = [makeIdentity(), makeIdentity()];
  const { promise: never, resolve: free } = Promise.withResolvers<void>();
  const arrived: NodeId[] = [];
  const barring = revoking();
  const { address, id, server, seen } = await startServer({
    refusal: barring.refusal,
    handler: async ({ from }) => {
      arrived.push(from);
      await never;
      return { status: 204 };
    },
  });
  const [stolen, other] = [startClient({ identity: thief }), startClient({ identity: honest })];
  const cut = rejection(stolen.request({ id, address }, post()));
  const kept = other.request({ id, address }, post());
  while (arrived.length < 2) await new Promise((resolve) => setImmediate(resolve));
  barring.ends.push(server);
  barring.notes.merge([note('revoke', thief.id)]);
  barring.part(thief.id);
  expect((await cut).code).toBe('GOSSIP_E_UNREACHABLE');
  free();
  expect((await kept).status).toBe(204);
  expect((await stolen.request({ id, address }, post())).status).toBe(403);
  expect(seen).toHaveLength(2);
});

test('a revoked node is not called, and calls to it that are under way end', async () => {
  const { promise: never, resolve: free } = Promise.withResolvers<void>();
  const { address, id, seen } = await startServer({ handler: async () => (await never, { status: 204 }) });
  const barring = revoking();
  const client = startClient({ isBarred: barring.isBarred });
  const cut = rejection(client.request({ id, address }, post()));
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  barring.ends.push(client);
  barring.notes.merge([note('revoke', id)]);
  barring.part(id);
  expect((await cut).code).toBe('GOSSIP_E_REVOKED');
  expect((await rejection(client.request({ id, address }, post()))).code).toBe('GOSSIP_E_REVOKED');
  expect(seen).toHaveLength(1);
  free();
});

test('a node that was revoked itself does not refuse itself', () => {
  const barring = revoking(peer(1).id);
  expect([barring.isBarred(peer(1).id), barring.refusal(peer(1).id)]).toEqual([false, null]);
});
