/** Calls to peers: each is greeted once, and nobody is believed who shows no admission. */
import { expect, test } from 'vitest';
import { Acceptance } from '../../../src/core/admission/acceptance.ts';
import { parseIntroduction, peerOf } from '../../../src/api/hello.ts';
import type { Introductions } from '../../../src/core/admission/members.ts';
import { PeerCalls, refusal } from '../../../src/core/peers/peer-calls.ts';
import type { PeerAnswer } from '../../../src/core/peers/peer-calls.ts';
import { Reachability } from '../../../src/core/peers/reachability.ts';
import type { PeerClient } from '../../../src/core/transport/client/client.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';

const bob = peer(2, 'bob');
const call = { method: 'GET', path: '/v1/status', timeoutMs: 1_000, maxBytes: 1_000 };
const answer = (status: number, value: unknown = {}): PeerAnswer => ({
  status,
  headers: new Map(),
  body: Buffer.from(JSON.stringify(value)),
});
const greeting = { admission: 'of bob', name: 'bob', address: bob.address };

/** Calls over a client that answers as told; `admitted` are members from the start. */
function makeCalls(respond: (path: string, asked: number) => PeerAnswer, admitted: readonly string[] = []) {
  const paths: string[] = [];
  const shown: unknown[] = [];
  const ids = new Set(admitted);
  const client = {
    request: async (_: unknown, { path }: { path: string }) => {
      await new Promise(setImmediate);
      return respond(path, paths.push(path));
    },
    stream: async (_: unknown, { path }: { path: string }) => respond(path, paths.push(path)),
  } as unknown as PeerClient;
  const members = {
    has: (id: string) => ids.has(id),
    proved: () => undefined,
    admit: async (id: string, admission: unknown) => {
      shown.push(admission);
      if (admission !== 'of bob') throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'no admission');
      ids.add(id);
    },
  };
  const introductions = { members, own: () => ({ admission: null, name: 'ada', address: null }) } as unknown as Introductions;
  const log = { info: () => undefined, warn: () => undefined } as unknown as ConstructorParameters<typeof Reachability>[0];
  const acceptance = new Acceptance(peer(1).address, log, () => 0);
  return { calls: new PeerCalls(client, introductions, new Reachability(log), acceptance), paths, shown, acceptance };
}

const honest = (path: string): PeerAnswer => (path === '/v1/hello' ? answer(200, greeting) : answer(200));

test('a peer that is not known yet is greeted first, and once, however many calls begin', async () => {
  const { calls, paths } = makeCalls(honest);
  await Promise.all([
    calls.request(bob, call),
    calls.request(bob, call),
    calls.stream(bob, { ...call, headMs: 1_000, minBytesPerSecond: 1, totalMs: 1_000 }),
  ]);
  expect(paths.toSorted()).toEqual(['/v1/hello', '/v1/status', '/v1/status', '/v1/status']);
  expect(paths[0]).toBe('/v1/hello');
});

test('a peer that does not know this node is greeted, and asked again', async () => {
  const { calls, paths } = makeCalls((path, asked) => (asked === 1 ? answer(401) : honest(path)), [bob.id]);
  expect((await calls.request(bob, call)).status).toBe(200);
  expect(paths).toEqual(['/v1/status', '/v1/hello', '/v1/status']);
});

test('a peer that shows no admission is asked nothing', async () => {
  const { calls, paths } = makeCalls(() => answer(200, { ...greeting, admission: null }));
  await expect(calls.request(bob, call)).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_ADMITTED' });
  expect(paths).toEqual(['/v1/hello']);
});

test('a greeting that failed is tried anew by the next call', async () => {
  const { calls, paths } = makeCalls((path, asked) => (asked === 1 ? answer(503, { code: 'GOSSIP_E_BUSY' }) : honest(path)));
  await expect(calls.request(bob, call)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  expect((await calls.request(bob, call)).status).toBe(200);
  expect(paths).toEqual(['/v1/hello', '/v1/hello', '/v1/status']);
});

test('a node whose hello is refused knows that it is outside, and why, until a member lets it in', async () => {
  const { calls, acceptance } = makeCalls((path, asked) =>
    asked === 1 ? answer(401, { code: 'GOSSIP_E_TOKEN_EXPIRED', message: 'the token has expired' }) : honest(path),
  );
  await expect(calls.request(bob, call)).rejects.toMatchObject({ code: 'GOSSIP_E_TOKEN_EXPIRED' });
  expect(acceptance.outside).toEqual({ code: 'GOSSIP_E_TOKEN_EXPIRED', message: 'bob refused: the token has expired' });
  await calls.request(bob, call);
  expect(acceptance.outside).toBeNull();
});

test('what a peer says about calling this node back is heard', async () => {
  const { calls, acceptance } = makeCalls(() => ({ ...answer(200), headers: new Map([['gossip-callable', 'no']]) }), [bob.id]);
  await calls.request(bob, call);
  expect(acceptance.incoming).toMatchObject({ code: 'GOSSIP_E_UNREACHABLE' });
});

test.each([
  [{ code: 'GOSSIP_E_QUOTA', message: 'full' }, 'GOSSIP_E_QUOTA', 'bob refused: full'],
  [{ code: 'GOSSIP_E_MADE_UP', message: 'x' }, 'GOSSIP_E_REQUEST', 'bob refused: x'],
  [{ code: 7, message: {} }, 'GOSSIP_E_REQUEST', 'bob refused: status 500'],
  [null, 'GOSSIP_E_REQUEST', 'bob refused: status 500'],
])('what a peer says of its refusal %j is taken with care', (body, code, message) => {
  expect(refusal(answer(500, body), bob)).toMatchObject({ code, message });
});

test.each([{ ...greeting, name: 'Bob\nroot' }, { ...greeting, address: 'bob.example:7946' }, { admission: null, name: '' }, [], null])(
  'a malformed hello is refused: %j',
  (hello) => {
    expect(() => parseIntroduction(Buffer.from(JSON.stringify(hello)))).toThrow(expect.objectContaining({ code: 'GOSSIP_E_REQUEST' }));
  },
);

test('a caller is a peer when it says where it listens', () => {
  const hello = parseIntroduction(Buffer.from(JSON.stringify(greeting)));
  expect(peerOf(bob.id, hello)).toEqual(bob);
  expect(peerOf(bob.id, { ...hello, address: null })).toBeNull();
});
