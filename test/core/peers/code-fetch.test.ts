/** Fetching code from one source, and serving it to others: resumed, verified, bounded, and judged by the source's own bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fetchCode, SourceBusy } from '../../../src/core/peers/code-fetch.ts';
import { CodeServer } from '../../../src/core/api/code-serve.ts';
import type { PeerResponse } from '../../../src/core/transport/server/server.ts';
import type { PeerCalls } from '../../../src/core/peers/peer-calls.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { IncomingCode } from '../../../src/runner/incoming-code.ts';
import type { ContentHash, Peer } from '../../../src/model/names.ts';
import { encodeManifest, hashBytes } from '../../../src/trust/manifest.ts';
import { code as codeOf } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { peer } from '../../support/records.ts';

const [ada, bob] = [peer(1, 'ada'), peer(2, 'bob')];
const big = Buffer.alloc(200_000, 'good code. ');
const code = codeOf({ 'empty.txt': '', 'index.mjs': big, 'module.json': '{}' });
const bigHash = hashBytes(big);

/** Nothing is on its way here. */
const ALREADY = new IncomingCode(() => undefined);

async function openStore(): Promise<ContentStore> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-content-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return ContentStore.open(directory, { quotaBytes: 10_000_000 });
}

async function storeOf(held: Code): Promise<ContentStore> {
  const store = await openStore();
  await store.putManifest(held.reference.hash, encodeManifest(held.manifest));
  for (const [hash, blob] of held.blobs) await store.putBlob(hash, blob, blob.length);
  return store;
}

type Twist = (answer: PeerResponse, from: number) => PeerResponse | Promise<PeerResponse>;

/** Calls to a source that serves from `server`; blobs of the large file go through `twist`. */
function callsTo(server: CodeServer, twist: Twist = (answer) => answer): { calls: PeerCalls; asked: string[] } {
  const asked: string[] = [];
  const refused = (error: unknown): PeerResponse => {
    if (!(error instanceof GossipError)) throw error;
    return { status: 404, body: Buffer.from(JSON.stringify({ code: error.code, message: error.message })) };
  };
  const request = async () => {
    const { status, body } = await server.manifest(code.reference.hash, ada.id).catch(refused);
    return { status, headers: new Map(), body };
  };
  const stream = async (_: Peer, { path, headers }: { path: string; headers?: { range?: string } }) => {
    const hash = path.slice(path.lastIndexOf('/') + 1) as ContentHash;
    const from = Number(/\d+/.exec(headers?.range ?? '0')?.[0]);
    if (hash === bigHash) asked.push(`from ${from}`);
    const answer = await server.blob(code.reference.hash, hash, from, ada).catch(refused);
    const { status, body } = hash === bigHash ? await twist(answer, from) : answer;
    return { status, headers: new Map(), body: body instanceof Uint8Array ? Readable.from([body]) : body };
  };
  return { calls: { request, stream } as unknown as PeerCalls, asked };
}

test('code arrives whole, empty files too', async () => {
  const [theirs, ours] = [await storeOf(code), await openStore()];
  await fetchCode({ calls: callsTo(new CodeServer(theirs, ALREADY)).calls, store: ours, patienceMs: 1_000 }, code.reference, bob);
  expect(await ours.has(code.reference.hash)).toBe(true);
});

test('a source to which the code is still on its way lets others wait, and serves them then', async () => {
  const [theirs, ours] = [await openStore(), await openStore()];
  const incoming = new IncomingCode(() => undefined);
  incoming.began(code.reference.hash, peer(3).id);
  const server = new CodeServer(theirs, incoming);
  const fetching = fetchCode({ calls: callsTo(server).calls, store: ours, patienceMs: 1_000 }, code.reference, bob);
  await theirs.putManifest(code.reference.hash, encodeManifest(code.manifest));
  for (const [hash, blob] of code.blobs) await theirs.putBlob(hash, blob, blob.length);
  incoming.ended(code.reference.hash, true);
  await fetching;
  expect(await ours.has(code.reference.hash)).toBe(true);
});

test('a source that has nothing says so', async () => {
  const { calls } = callsTo(new CodeServer(await openStore(), ALREADY));
  await expect(fetchCode({ calls, store: await openStore(), patienceMs: 1_000 }, code.reference, bob)).rejects.toMatchObject({
    code: 'GOSSIP_E_NOT_FOUND',
  });
});

test('code of another size than was signed is not begun (attack A6)', async () => {
  const { calls, asked } = callsTo(new CodeServer(await storeOf(code), ALREADY));
  const ours = await openStore();
  const { reference } = code;
  for (const signed of [
    { ...reference, bytes: reference.bytes - 1 },
    { ...reference, files: reference.files + 1 },
  ])
    await expect(fetchCode({ calls, store: ours, patienceMs: 1_000 }, signed, bob)).rejects.toMatchObject({
      code: 'GOSSIP_E_CODE_MISMATCH',
    });
  expect([await ours.manifest(reference.hash), asked]).toEqual([null, []]);
});

const cutAt =
  (bytes: number): Twist =>
  (_, from) => ({ status: from > 0 ? 206 : 200, body: big.subarray(from, from + bytes) });

test('what arrived before a source broke off is kept, and the next one goes on from there', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const ours = await openStore();
  await expect(
    fetchCode({ calls: callsTo(server, cutAt(70_000)).calls, store: ours, patienceMs: 1_000 }, code.reference, bob),
  ).rejects.toMatchObject({
    code: 'GOSSIP_E_UNREACHABLE',
  });
  const { calls, asked } = callsTo(server);
  await fetchCode({ calls, store: ours, patienceMs: 1_000 }, code.reference, ada);
  expect(asked).toEqual(['from 70000']);
  expect(await ours.has(code.reference.hash)).toBe(true);
});

test('a source that does not resume sends the whole', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const ours = await openStore();
  await fetchCode({ calls: callsTo(server, cutAt(70_000)).calls, store: ours, patienceMs: 1_000 }, code.reference, bob).catch(
    () => undefined,
  );
  await fetchCode(
    { calls: callsTo(server, () => ({ status: 200, body: big })).calls, store: ours, patienceMs: 1_000 },
    code.reference,
    ada,
  );
  expect(await ours.has(code.reference.hash)).toBe(true);
});

test('the wrong beginning of one source is not held against the next (attack A12)', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const ours = await openStore();
  const poisoned: Twist = () => ({ status: 200, body: Buffer.alloc(1_000, 'bad') });
  await expect(
    fetchCode({ calls: callsTo(server, poisoned).calls, store: ours, patienceMs: 1_000 }, code.reference, bob),
  ).rejects.toMatchObject({
    code: 'GOSSIP_E_UNREACHABLE',
  });
  const { calls, asked } = callsTo(server);
  await fetchCode({ calls, store: ours, patienceMs: 1_000 }, code.reference, ada);
  expect(asked).toEqual(['from 1000', 'from 0']);
  expect(await ours.has(code.reference.hash)).toBe(true);
});

test('a source whose own bytes are wrong is told as such', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const other: Twist = () => ({ status: 200, body: Buffer.alloc(big.length, 'bad') });
  await expect(
    fetchCode({ calls: callsTo(server, other).calls, store: await openStore(), patienceMs: 1_000 }, code.reference, bob),
  ).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_MISMATCH',
  });
});

const busyBody = (referrals: unknown): Buffer => Buffer.from(JSON.stringify({ code: 'GOSSIP_E_BUSY', message: 'busy', referrals }));

test('a busy source names others, also where the file is smaller than its answer; malformed names are left out', async () => {
  const small = codeOf({ 'a.txt': '' });
  const bounds: number[] = [];
  const referrals = [ada, { ...ada, id: 'x' }, { ...ada, address: 'a.example:1' }, { ...ada, name: 'A\n' }, null];
  const calls = {
    request: async () => ({ status: 200, headers: new Map(), body: encodeManifest(small.manifest) }),
    stream: async (_: Peer, { maxBytes }: { maxBytes: number }) => {
      bounds.push(maxBytes);
      return { status: 503, headers: new Map(), body: Readable.from([busyBody(referrals)]) };
    },
  } as unknown as PeerCalls;
  const error = await fetchCode({ calls, store: await openStore(), patienceMs: 1_000 }, small.reference, bob).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SourceBusy);
  expect((error as SourceBusy).referrals).toEqual([ada]);
  expect(bounds[0]).toBeGreaterThan(busyBody(referrals).length);
});

test('of a refusal only the beginning is read (attack A6)', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  let sent = 0;
  const endless = Readable.from(
    (function* () {
      for (; sent < 1_000; sent += 1) yield Buffer.alloc(4_096);
    })(),
  );
  const { calls } = callsTo(server, () => ({ status: 500, body: endless }));
  await expect(fetchCode({ calls, store: await openStore(), patienceMs: 1_000 }, code.reference, bob)).rejects.toMatchObject({
    code: 'GOSSIP_E_REQUEST',
  });
  expect(sent).toBeLessThan(100);
});

const many = codeOf(Object.fromEntries(Array.from({ length: 30 }, (_, file) => [`f${10 + file}.txt`, `file ${file}`])));
const blobOf = (path: string): Uint8Array => many.blobs.get(path.slice(path.lastIndexOf('/') + 1) as ContentHash) as Uint8Array;

/** Calls to a source of many small files; `answer` is told how many are asked for just now. */
function callsForMany(answer: (underWay: number, path: string, signal: AbortSignal) => Promise<{ status: number; body: Uint8Array }>) {
  const seen = { underWay: 0, most: 0 };
  const stream = async (_: Peer, { path, signal }: { path: string; signal: AbortSignal }) => {
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    const { status, body } = await answer(seen.underWay, path, signal).finally(() => (seen.underWay -= 1));
    return { status, headers: new Map(), body: Readable.from([body]) };
  };
  const request = async () => ({ status: 200, headers: new Map(), body: encodeManifest(many.manifest) });
  return { calls: { request, stream } as unknown as PeerCalls, seen };
}

test('small files are asked for three at a time, and fewer of a source that is busy', async () => {
  const ours = await openStore();
  let refusals = 0;
  const { calls, seen } = callsForMany(async (underWay, path) => {
    await setImmediate();
    if (underWay === 1) return { status: 200, body: blobOf(path) };
    refusals += 1;
    return { status: 503, body: busyBody([]) };
  });
  await fetchCode({ calls, store: ours, patienceMs: 1_000 }, many.reference, bob);
  expect([seen.most, refusals, await ours.has(many.reference.hash)]).toEqual([3, 2, true]);
});

test('the first file that is wrong ends the others that are on their way, and is what is told', async () => {
  let asked = 0;
  const { calls } = callsForMany(async (_, __, signal) => {
    asked += 1;
    if (asked === 3) return { status: 200, body: Buffer.from('bad') };
    return new Promise((___, reject) => signal.addEventListener('abort', () => reject(new Error('the call was given up'))));
  });
  await expect(fetchCode({ calls, store: await openStore(), patienceMs: 1_000 }, many.reference, bob)).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_MISMATCH',
  });
  expect(asked).toBe(3);
});

test('a manifest is read once for all its files, and several files of one receiver are one upload', async () => {
  const store = await storeOf(many);
  const read = vi.spyOn(store, 'manifest');
  const server = new CodeServer(store, ALREADY);
  const hashes = [...many.blobs.keys()];
  const receivers = Array.from({ length: 8 }, (_, index) => ({ id: peer(10 + index).id }));
  const ask = (to: { id: Peer['id'] }, file: number) => server.blob(many.reference.hash, hashes[file] as ContentHash, 0, to);
  const first = await ask(ada, 29);
  for await (const _ of first.body as Readable);
  const answers = await Promise.all(receivers.flatMap((to) => [0, 1, 2].map((file) => ask(to, file))));
  expect([new Set(answers.map(({ status }) => status)), (await ask(ada, 0)).status]).toEqual([new Set([200]), 503]);
  expect(read).toHaveBeenCalledTimes(1);
  for (const { body } of answers) (body as Readable).destroy();
});

test('a ninth upload at the same time is referred to those who were served before', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const receivers = Array.from({ length: 9 }, (_, index) => peer(10 + index));
  const answers = await Promise.all(receivers.map((to) => server.blob(code.reference.hash, bigHash, 0, to)));
  // Which of them comes last is up to the disk.
  const served = receivers.filter((_, index) => answers[index]?.status === 200);
  expect([served.length, answers.filter(({ status }) => status === 503).length]).toEqual([8, 1]);
  const refused = await server.blob(code.reference.hash, bigHash, 0, ada);
  const again = JSON.parse(Buffer.from(refused.body as Uint8Array).toString()) as { code: string; referrals: Peer[] };
  expect(again.code).toBe('GOSSIP_E_BUSY');
  expect(new Set(again.referrals.map(({ id }) => id))).toEqual(new Set(served.map(({ id }) => id)));
  // A place is free again when one is done, and also when its receiver went away.
  const [first, second] = answers.filter(({ status }) => status === 200).map(({ body }) => body) as [Readable, Readable];
  first.destroy();
  for await (const _ of second);
  await expect.poll(async () => (await server.blob(code.reference.hash, bigHash, 0, ada)).status, { timeout: 10_000 }).toBe(200);
});

test('neither manifest nor blobs are served of code that is not known, nor a part of it under another name', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const other = codeOf({ 'x.mjs': 'x' });
  await expect(server.manifest(other.reference.hash, ada.id)).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_FOUND' });
  await expect(server.blob(code.reference.hash, [...other.blobs.keys()][0] as ContentHash, 0, ada)).rejects.toMatchObject({
    code: 'GOSSIP_E_NOT_FOUND',
  });
  await expect(server.blob(code.reference.hash, bigHash, big.length + 1, ada)).rejects.toMatchObject({ code: 'GOSSIP_E_REQUEST' });
});
