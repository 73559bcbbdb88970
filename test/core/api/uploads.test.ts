/** Large blobs from operators: what broke off goes on, in the place of the caller's own older upload and of nobody else's. */
import { expect, test } from 'vitest';
import type { BlobRange } from '../../../src/api/blob-range.ts';
import type { Announced } from '../../../src/api/deployments.ts';
import type * as door from '../../../src/core/api/injection.ts';
import type * as content from '../../../src/core/store/code/content-store.ts';
import type { ContentHash, NodeId } from '../../../src/model/names.ts';
import { moduleCode } from '../../support/code.ts';
import { record } from '../../support/records.ts';
import { mutant } from '../../trust/mutant.ts';
import { ada, bench, bob, bytesOf } from './injection-bench.ts';

const large = moduleCode('words', '//'.padEnd(300 * 1024));
const [blob, bytes] = [...large.blobs].find(([, one]) => one.length > 256 * 1024) as [ContentHash, Uint8Array];
const size = bytes.length;
const deployment = record(1, { code: large.reference });

const restFrom = (from: number): BlobRange => ({ from, to: size - 1, size });

/** A bench at which a deployment of the large blob was announced. */
async function announced(options: Parameters<typeof bench>[0] = {}) {
  const made = await bench(options);
  const take = (body: AsyncIterable<Uint8Array>, by: NodeId, range?: BlobRange) =>
    made.injection.take(large.reference.hash, blob, body, by, range);
  /** What an operator is told of the blob. */
  const told = async (by: NodeId = ada): Promise<number | 'missing' | 'here'> => {
    const { missing, partial } = (await made.announce(deployment, large, by)) as Extract<Announced, { missing: unknown }>;
    return missing.includes(blob) ? (partial?.[blob] ?? 'missing') : 'here';
  };
  await told();
  return { take, told };
}

/** An upload of `ada` that stands still after its first `length` bytes, until `goOn` is called with what comes then. */
async function stalled(take: Awaited<ReturnType<typeof announced>>['take'], length: number) {
  const { promise: more, resolve: goOn } = Promise.withResolvers<Uint8Array>();
  const waits = Promise.withResolvers<void>();
  async function* body() {
    yield bytes.subarray(0, length);
    waits.resolve();
    yield await more;
  }
  const ended = take(body(), ada, restFrom(0)).then(
    () => 'taken',
    ({ code }: { code: string }) => code,
  );
  await waits.promise;
  return { ended, goOn };
}

test('an upload that breaks off is gone on with, and a spoiled beginning is thrown away', async () => {
  const { take, told } = await announced();
  const half = bytes.subarray(0, 100_000);
  await expect(take(bytesOf(half), ada)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  expect([await told(ada), await told(bob)]).toEqual([100_000, 100_000]);
  await expect(take(bytesOf(new Uint8Array(size - 100_000)), ada, restFrom(100_000))).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_MISMATCH',
  });
  expect(await told()).toBe('missing');
  await expect(take(bytesOf(half), ada)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  await take(bytesOf(bytes.subarray(100_000)), ada, restFrom(100_000));
  expect(await told()).toBe('here');
});

test("an operator's new upload ends its own older one at once, and goes on where that came to", async () => {
  const { take, told } = await announced();
  const older = await stalled(take, 100_000);
  // Of what is under way only its own operator is told: others have no use for it.
  expect([await told(ada), await told(bob)]).toEqual([100_000, 'missing']);
  await take(bytesOf(bytes.subarray(100_000)), ada, restFrom(100_000));
  expect([await older.ended, await told()]).toEqual(['GOSSIP_E_BUSY', 'here']);
});

test('what came since the operator was told is passed over, even when the pieces fall elsewhere', async () => {
  const { take, told } = await announced();
  await stalled(take, 100_000);
  async function* rest() {
    for (let from = 40_000; from < size; from += 7_000) yield bytes.subarray(from, from + 7_000);
  }
  await take(rest(), ada, restFrom(40_000));
  expect(await told()).toBe('here');
});

test('whoever sends all, and names no range, ends nothing: both come to their end', async () => {
  const { take, told } = await announced();
  const older = await stalled(take, 100_000);
  await take(bytesOf(bytes), ada);
  expect(await told()).toBe('here');
  older.goOn(bytes.subarray(100_000));
  expect([await older.ended, await told()]).toEqual(['taken', 'here']);
});

test('of two that go on at the same time, one does, and the other hears that it is busy', async () => {
  const { take, told } = await announced();
  await take(bytesOf(bytes.subarray(0, 100_000)), ada).catch(() => undefined);
  const rest = () => take(bytesOf(bytes.subarray(100_000)), ada, restFrom(100_000));
  const outcomes = await Promise.allSettled([rest(), rest()]);
  expect(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'taken' : (outcome.reason as { code: string }).code)).toSorted(),
  ).toEqual(['GOSSIP_E_BUSY', 'taken']);
  expect(await told()).toBe('here');
});

test('what another brought meanwhile is not taken again, and not read', async () => {
  const { take, told } = await announced();
  await take(bytesOf(bytes.subarray(0, 100_000)), ada).catch(() => undefined);
  await take(bytesOf(bytes.subarray(100_000)), bob, restFrom(100_000));
  let asked = 0;
  const unread = { [Symbol.asyncIterator]: () => ({ next: () => ((asked += 1), Promise.reject(new Error('read'))) }) };
  await take(unread, ada, restFrom(100_000));
  expect([asked, await told()]).toEqual([0, 'here']);
});

test.each([
  ['beyond what is here', restFrom(100_001), 'GOSSIP_E_BUSY'],
  ['at the end', { from: size, to: size - 1, size }, 'GOSSIP_E_REQUEST'],
  ['beyond the end', { from: size + 1, to: size + 1, size }, 'GOSSIP_E_REQUEST'],
  ['not to the end', { from: 100_000, to: size - 2, size }, 'GOSSIP_E_REQUEST'],
  ['of a longer blob', { from: 100_000, to: size, size: size + 1 }, 'GOSSIP_E_REQUEST'],
  ['of another length than it says', { from: 100_000, to: size - 1, size: size + 1 }, 'GOSSIP_E_REQUEST'],
])('a range %s is refused, and what is here stays', async (_, range, code) => {
  const { take, told } = await announced();
  await take(bytesOf(bytes.subarray(0, 100_000)), ada).catch(() => undefined);
  await expect(take(bytesOf(bytes.subarray(range.from)), ada, range)).rejects.toMatchObject({ code });
  expect(await told()).toBe(100_000);
});

test('small blobs come whole: a range within one is refused', async () => {
  const { injection, announce, store } = await bench();
  await announce(deployment, large);
  const [small, all] = [...large.blobs].find(([hash]) => hash !== blob) as [ContentHash, Uint8Array];
  const range = (from: number) => ({ from, to: all.length - 1, size: all.length });
  const take = (from: number) => injection.take(large.reference.hash, small, bytesOf(all.subarray(from)), ada, range(from));
  await expect(take(1)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  await take(0);
  expect(await store.missing(large.reference.hash)).toEqual([blob]);
});

/** `bob`, another member, names ada's own place in the blob that she is sending. What becomes of both. */
async function intrude(options: Parameters<typeof bench>[0] = {}) {
  const { take, told } = await announced(options);
  const hers = await stalled(take, 100_000);
  const code = (error: { code: string }): string => error.code;
  const his = await take(bytesOf(bytes.subarray(100_000, 100_010)), bob, restFrom(100_000)).catch(code);
  hers.goOn(bytes.subarray(100_000));
  return { hers: await hers.ended, his, told: await told() };
}

test('attack A7: nobody ends the upload of another', async () => {
  expect(await intrude()).toEqual({ hers: 'taken', his: 'GOSSIP_E_BUSY', told: 'here' });
});

test('where uploads are not known by who sends them, attack A7 ends those of operators', async () => {
  const mutation = { in: 'Uploads.#own', always: 'by' };
  const { Injection } = await mutant<typeof door>('core/api/injection.ts', mutation);
  expect(await intrude({ Door: Injection })).toMatchObject({ hers: 'GOSSIP_E_BUSY' });
});

/** `ada` sends the blob as slowly as may be, on purpose; `bob` brings it meanwhile. */
async function hold(options: Parameters<typeof bench>[0] = {}) {
  const { take, told } = await announced(options);
  const slow = await stalled(take, 10);
  const brought = await take(bytesOf(bytes), bob, restFrom(0)).then(
    () => 'taken',
    ({ code }: { code: string }) => code,
  );
  const after = await told(bob);
  slow.goOn(new Uint8Array());
  await slow.ended;
  return { brought, after };
}

test('attack A7: an upload that goes on slowly keeps nobody else from bringing the blob', async () => {
  expect(await hold()).toEqual({ brought: 'taken', after: 'here' });
});

test('where a blob is taken from one at a time, attack A7 keeps it from everybody', async () => {
  const mutation = { in: 'BlobStore.partial', never: '#appending' };
  const { ContentStore } = await mutant<typeof content>('core/store/code/content-store.ts', mutation);
  expect(await hold({ Store: ContentStore })).toEqual({ brought: 'GOSSIP_E_BUSY', after: 10 });
});
