/** Fetching code from one source, and serving it to others: resumed, verified, bounded, and judged by the source's own bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fetchCode } from '../../../src/core/peers/code-fetch.ts';
import { SourceBusy } from '../../../src/core/peers/source.ts';
import { CodeServer } from '../../../src/core/api/code-serve.ts';
import type { PeerResponse } from '../../../src/core/transport/server/server.ts';
import type { StreamCall } from '../../../src/core/transport/client/call.ts';
import type { PeerCalls } from '../../../src/core/peers/peer-calls.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { IncomingCode } from '../../../src/runner/incoming-code.ts';
import type { ContentHash, Peer } from '../../../src/model/names.ts';
import { encodeManifest, hashBytes } from '../../../src/trust/manifest.ts';
import { code as codeOf } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { peer } from '../../support/records.ts';
import { sourceOfBefore } from '../../support/source-of-before.ts';
import {
  bundleBytes,
  listsOf,
  MANIFEST_END,
  MAX_BUNDLE_BYTES,
  MAX_LISTED_BYTES,
  parseList,
  SMALL_FILE_BYTES,
} from '../../../src/api/bundle.ts';

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

interface Asked {
  readonly path: string;
  readonly headers?: { readonly range?: string };
  readonly body?: Uint8Array;
}
type Twist = (answer: PeerResponse, from: number) => PeerResponse | Promise<PeerResponse>;

/** Calls to a source that serves from `server`; blobs of the large file go through `twist`. */
function callsTo(server: CodeServer, twist: Twist = (answer) => answer): { calls: PeerCalls; asked: string[]; questions: string[] } {
  const [asked, questions]: [string[], string[]] = [[], []];
  const refused = (error: unknown): PeerResponse => {
    if (!(error instanceof GossipError)) throw error;
    return { status: 404, body: Buffer.from(JSON.stringify({ code: error.code, message: error.message })) };
  };
  const answerTo = async ({ path, headers, body }: Asked): Promise<PeerResponse> => {
    const [, hash, what, sha256] = path.split('/').slice(2) as [string, ContentHash, string, ContentHash];
    questions.push(what);
    if (what === 'bundle') return server.bundle(hash, ada).catch(refused);
    if (what === 'manifest') return server.manifest(hash, ada.id).catch(refused);
    if (what === 'files') return server.files(hash, parseList(body ?? new Uint8Array()), ada).catch(refused);
    const from = Number(/\d+/.exec(headers?.range ?? '0')?.[0]);
    if (sha256 === bigHash) asked.push(`from ${from}`);
    const answer = await server.blob(hash, sha256, from, ada).catch(refused);
    return sha256 === bigHash ? twist(answer, from) : answer;
  };
  const stream = async (_: Peer, call: Asked) => {
    const { status, body } = await answerTo(call);
    return { status, headers: new Map(), body: body instanceof Uint8Array ? Readable.from([body]) : body };
  };
  const request = async (_: Peer, call: Asked) => ({ headers: new Map(), ...(await answerTo(call)) });
  return { calls: { request, stream } as unknown as PeerCalls, asked, questions };
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

test('a source is told how long it may wait for the code itself, and has that time once it says that it waits', async () => {
  const small = codeOf({ 'module.json': '{}' });
  const { calls } = callsTo(new CodeServer(await storeOf(small), ALREADY));
  const seen: unknown[] = [];
  const stream = (to: Peer, call: StreamCall) => {
    seen.push(call.headers?.['prefer'], call.headMs, call.onProcessing?.());
    return calls.stream(to, call);
  };
  const fetching = { calls: { stream } as unknown as PeerCalls, store: await openStore(), patienceMs: 1_000, waitMs: 6_000 };
  await fetchCode(fetching, small.reference, bob);
  expect(seen).toEqual(['wait=6', 1_000, 7_000]);
});

test('a source to which the code is on its way for long is busy, and does not say that it lacks it', async () => {
  const incoming = new IncomingCode((_, run) => run());
  incoming.began(code.reference.hash, peer(3).id);
  const { calls, questions } = callsTo(new CodeServer(await openStore(), incoming));
  await expect(fetchCode({ calls, store: await openStore(), patienceMs: 1_000 }, code.reference, bob)).rejects.toBeInstanceOf(SourceBusy);
  expect(questions).toEqual(['bundle']);
});

test('a source that has nothing says so at the first question', async () => {
  const { calls, questions } = callsTo(new CodeServer(await openStore(), ALREADY));
  await expect(fetchCode({ calls, store: await openStore(), patienceMs: 1_000 }, code.reference, bob)).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_ABSENT',
  });
  expect(questions).toEqual(['bundle']);
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

const NOT_FOUND = Buffer.from(JSON.stringify({ code: 'GOSSIP_E_NOT_FOUND', message: 'not here' }));
const busyBody = (referrals: unknown): Buffer => Buffer.from(JSON.stringify({ code: 'GOSSIP_E_BUSY', message: 'busy', referrals }));

test('a busy source names others, also where the file is smaller than its answer; malformed names are left out', async () => {
  const small = codeOf({ 'a.txt': '' });
  const bounds: number[] = [];
  const referrals = [ada, { ...ada, id: 'x' }, { ...ada, address: 'a.example:1' }, { ...ada, name: 'A\n' }, null];
  const calls = sourceOfBefore({
    manifest: async () => ({ status: 200, body: encodeManifest(small.manifest) }),
    file: async ({ maxBytes }) => {
      bounds.push(maxBytes);
      return { status: 503, body: Readable.from([busyBody(referrals)]) };
    },
  });
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

const many = codeOf(Object.fromEntries(Array.from({ length: 30 }, (_, file) => [`f${10 + file}.txt`, `file ${file} `.padEnd(33_000)])));

/** Calls to a source of many files, of which each list holds one; `answer` is told how many are asked for just now. */
function callsForMany(answer: (underWay: number, file: Uint8Array, signal: AbortSignal) => Promise<{ status: number; body: Uint8Array }>) {
  const seen = { underWay: 0, most: 0 };
  const stream = async (_: Peer, { path, body: list, signal }: { path: string; body?: Uint8Array; signal: AbortSignal }) => {
    if (path.endsWith('/bundle')) return { status: 404, headers: new Map(), body: Readable.from([NOT_FOUND]) };
    const [hash, ...others] = parseList(list as Uint8Array);
    expect(others).toEqual([]);
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    const { status, body } = await answer(seen.underWay, many.blobs.get(hash as ContentHash) as Uint8Array, signal).finally(
      () => (seen.underWay -= 1),
    );
    return { status, headers: new Map(), body: Readable.from([body]) };
  };
  const request = async () => ({ status: 200, headers: new Map(), body: encodeManifest(many.manifest) });
  return { calls: { request, stream } as unknown as PeerCalls, seen };
}

test('lists are asked for three at a time, and fewer of a source that is busy', async () => {
  const ours = await openStore();
  let refusals = 0;
  const { calls, seen } = callsForMany(async (underWay, file) => {
    await setImmediate();
    if (underWay === 1) return { status: 200, body: file };
    refusals += 1;
    return { status: 503, body: busyBody([]) };
  });
  await fetchCode({ calls, store: ours, patienceMs: 1_000 }, many.reference, bob);
  expect([seen.most, refusals, await ours.has(many.reference.hash)]).toEqual([3, 2, true]);
});

test('the first list that is wrong ends the others that are on their way, and is what is told', async () => {
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

test('a small module is here after one question, and 600 files after three', async () => {
  const tiny = codeOf(Object.fromEntries(Array.from({ length: 600 }, (_, file) => [`f${1_000 + file}.txt`, `file ${file}`])));
  for (const [wanted, expected] of [
    [codeOf({ 'index.mjs': 'export {}', 'module.json': '{}' }), ['bundle']],
    [tiny, ['bundle', 'files', 'files']],
  ] as const) {
    const ours = await openStore();
    const { calls, questions } = callsTo(new CodeServer(await storeOf(wanted), ALREADY));
    await fetchCode({ calls, store: ours, patienceMs: 1_000 }, wanted.reference, bob);
    expect([questions, await ours.has(wanted.reference.hash)]).toEqual([expected, true]);
  }
});

test('of small files only those are asked for that are not here', async () => {
  const ours = await openStore();
  await ours.putManifest(many.reference.hash, encodeManifest(many.manifest));
  const [first, ...others] = many.blobs;
  for (const [hash, blob] of others) await ours.putBlob(hash, blob, blob.length);
  const { calls, seen } = callsForMany(async (_, file) => ({ status: 200, body: file }));
  const asked = vi.spyOn(calls, 'stream');
  await fetchCode({ calls, store: ours, patienceMs: 1_000 }, many.reference, bob);
  expect([asked.mock.calls.map(([, { body }]) => parseList(body as Uint8Array)), seen.most]).toEqual([[[first?.[0]]], 1]);
});

test('a source of before that has many small files is not too slow, one at a time in three lanes', async () => {
  const tiny = codeOf(Object.fromEntries(Array.from({ length: 120 }, (_, file) => [`f${100 + file}.txt`, `file ${file}`])));
  const clock = { now: 0, underWay: 0, most: 0 };
  const file = async ({ path }: { path: string }) => {
    clock.underWay += 1;
    clock.most = Math.max(clock.most, clock.underWay);
    await setImmediate();
    clock.underWay -= 1;
    clock.now += 100;
    return { status: 200, body: Readable.from([tiny.blobs.get(path.slice(path.lastIndexOf('/') + 1) as ContentHash) as Uint8Array]) };
  };
  const ours = await openStore();
  const calls = sourceOfBefore({ manifest: async () => ({ status: 200, body: encodeManifest(tiny.manifest) }), file });
  await fetchCode({ calls, store: ours, patienceMs: 1_000, now: () => clock.now }, tiny.reference, bob);
  expect([clock.most, await ours.has(tiny.reference.hash)]).toEqual([3, true]);
});

test('a source of before gives its files one by one', async () => {
  const file = async ({ path }: { path: string }) => {
    const blob = code.blobs.get(path.slice(path.lastIndexOf('/') + 1) as ContentHash) as Uint8Array;
    return { status: 200, body: Readable.from(blob.length === 0 ? [] : [blob]) };
  };
  const ours = await openStore();
  const calls = sourceOfBefore({ manifest: async () => ({ status: 200, body: encodeManifest(code.manifest) }), file });
  await fetchCode({ calls, store: ours, patienceMs: 1_000 }, code.reference, bob);
  expect(await ours.has(code.reference.hash)).toBe(true);
});

test('a bundle whose files are not those of its manifest is refused, and nothing of it is kept but what is right', async () => {
  const two = codeOf({ 'a.txt': 'right', 'b.txt': 'wrong' });
  for (const files of ['righttttt', 'rightwron', 'rightxxxxx', 'rightwrongx', 'right', '']) {
    const ours = await openStore();
    const body = Buffer.concat([encodeManifest(two.manifest), MANIFEST_END, Buffer.from(files)]);
    const calls = { stream: async () => ({ status: 200, headers: new Map(), body: Readable.from([body]) }) } as unknown as PeerCalls;
    await expect(fetchCode({ calls, store: ours, patienceMs: 1_000 }, two.reference, bob)).rejects.toMatchObject({
      code: 'GOSSIP_E_CODE_MISMATCH',
    });
    expect((await ours.missing(two.reference.hash)).includes(hashBytes(Buffer.from('wrong')))).toBe(true);
  }
});

test('what is no bundle is wrong code, and no node of before', async () => {
  const calls = { stream: async () => ({ status: 200, headers: new Map(), body: Readable.from([encodeManifest(code.manifest)]) }) };
  const fetching = { calls: calls as unknown as PeerCalls, store: await openStore(), patienceMs: 1_000 };
  await expect(fetchCode(fetching, code.reference, bob)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
});

test('nodes cut bundles and lists by these numbers, so none of them may change unnoticed', () => {
  expect([SMALL_FILE_BYTES, MAX_LISTED_BYTES]).toEqual([65_536, 65_536]);
  const tiny = Array.from({ length: 300 }, (_, file) => ({ path: `f${file}`, size: 1, sha256: hashBytes(Buffer.from(String(file))) }));
  expect(listsOf(tiny).map((list) => list.length)).toEqual([256, 44]);
});

test('the longest lines of a manifest fit into the bundle that is taken of its code', () => {
  const long = (file: number): string => `${`${'x'.repeat(100)}/`.repeat(5)}${100 + file}`;
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, file) => [long(file), '.'.repeat(file)]));
  const { manifest, reference } = codeOf(files);
  const bytes = encodeManifest(manifest).length + 1 + reference.bytes;
  expect(bytes).toBeLessThanOrEqual(bundleBytes(reference));
  expect(bundleBytes({ files: 2_000, bytes: 1e9 })).toBe(MAX_BUNDLE_BYTES);
  expect(bundleBytes({ files: 2, bytes: 100 })).toBeLessThan(2_500);
});

test('a list of files that are not of the code, or more than a list may have, is refused', async () => {
  const server = new CodeServer(await storeOf(many), ALREADY);
  const { hash } = many.reference;
  const files = many.manifest.files.map(({ sha256 }) => sha256);
  await expect(server.files(hash, [bigHash], ada)).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_FOUND' });
  await expect(server.files(hash, files.slice(0, 2), ada)).rejects.toMatchObject({ code: 'GOSSIP_E_REQUEST' });
  expect(() => parseList(Buffer.from('[]'))).toThrow(expect.objectContaining({ code: 'GOSSIP_E_REQUEST' }));
  expect(() => parseList(Buffer.from(JSON.stringify(Array.from({ length: 257 }, () => bigHash))))).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_REQUEST' }),
  );
});

test('a manifest is read once for all its files, and several files of one receiver are one upload', async () => {
  const store = await storeOf(many);
  const read = vi.spyOn(store, 'manifest');
  const server = new CodeServer(store, ALREADY);
  const hashes = [...many.blobs.keys()];
  const receivers = Array.from({ length: 8 }, (_, index) => ({ id: peer(10 + index).id }));
  const ask = (to: { id: Peer['id'] }, file: number) => server.blob(many.reference.hash, hashes[file] as ContentHash, 0, to);
  const first = await ask({ id: ada.id }, 29);
  for await (const _ of first.body as Readable);
  const answers = await Promise.all(receivers.flatMap((to) => [0, 1, 2].map((file) => ask(to, file))));
  expect([new Set(answers.map(({ status }) => status)), (await ask(ada, 0)).status]).toEqual([new Set([200]), 503]);
  expect(read).toHaveBeenCalledTimes(1);
  for (const { body } of answers) (body as Readable).destroy();
});

test('a ninth upload at the same time is referred to those who were served before', async () => {
  const medium = codeOf({ 'index.mjs': Buffer.alloc(100_000, 'good code. ') });
  const [hash] = medium.blobs.keys() as unknown as [ContentHash];
  const server = new CodeServer(await storeOf(medium), ALREADY);
  const receivers = Array.from({ length: 9 }, (_, index) => peer(10 + index));
  const answers = await Promise.all(receivers.map((to) => server.blob(medium.reference.hash, hash, 0, to)));
  // Which of them comes last is up to the disk.
  const served = receivers.filter((_, index) => answers[index]?.status === 200);
  expect([served.length, answers.filter(({ status }) => status === 503).length]).toEqual([8, 1]);
  const refused = await server.blob(medium.reference.hash, hash, 0, ada);
  const again = JSON.parse(Buffer.from(refused.body as Uint8Array).toString()) as { code: string; referrals: Peer[] };
  expect(again.code).toBe('GOSSIP_E_BUSY');
  expect(new Set(again.referrals.map(({ id }) => id))).toEqual(new Set(served.map(({ id }) => id)));
  // A place is free again when one is done, and also when its receiver went away.
  const [first, second] = answers.filter(({ status }) => status === 200).map(({ body }) => body) as [Readable, Readable];
  first.destroy();
  for await (const _ of second);
  await expect.poll(async () => (await server.blob(medium.reference.hash, hash, 0, ada)).status, { timeout: 10_000 }).toBe(200);
});

test('neither manifest nor blobs are served of code that is not known, nor a part of it under another name', async () => {
  const server = new CodeServer(await storeOf(code), ALREADY);
  const other = codeOf({ 'x.mjs': 'x' });
  await expect(server.manifest(other.reference.hash, ada.id)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_ABSENT' });
  await expect(server.blob(code.reference.hash, [...other.blobs.keys()][0] as ContentHash, 0, ada)).rejects.toMatchObject({
    code: 'GOSSIP_E_NOT_FOUND',
  });
  await expect(server.blob(code.reference.hash, bigHash, big.length + 1, ada)).rejects.toMatchObject({ code: 'GOSSIP_E_REQUEST' });
});
