import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { receiveBytes } from '../../../src/core/store/code/receive.ts';
import { MAX_CODE_BYTES } from '../../../src/model/manifest.ts';
import type { ContentHash } from '../../../src/model/names.ts';
import { hashBytes } from '../../../src/trust/manifest.ts';
import { codeOf, COUNTER } from './code-fixture.ts';
import type { CodeFixture } from './code-fixture.ts';
import { directoriesFail, faultyDisk } from './faulty-file-system.ts';
import { flip } from './flip.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const QUOTA = { quotaBytes: 1024 * 1024 };
const openStore = (dir: string, quotaBytes = QUOTA.quotaBytes) => ContentStore.open(join(dir, 'content'), { quotaBytes });

async function putAll(store: ContentStore, fixture: CodeFixture): Promise<void> {
  await store.putManifest(fixture.code, fixture.manifestBytes);
  for (const hash of await store.missing(fixture.code)) {
    const blob = fixture.blobs.get(hash) ?? Buffer.alloc(0);
    await store.putBlob(hash, blob, blob.length);
  }
}

async function storeWith(dir: string, ...fixtures: CodeFixture[]): Promise<ContentStore> {
  const store = await openStore(dir);
  for (const fixture of fixtures) await putAll(store, fixture);
  return store;
}

async function contentsOf(directory: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return new Map(
    await Promise.all(
      files.map(async (file) => {
        const path = join(file.parentPath, file.name);
        return [path.slice(directory.length + 1), file.isFile() ? await readFile(path) : Buffer.from('not a file')] as const;
      }),
    ),
  );
}

/** Several manifests of one code at the same time count once. */
test('a manifest may be put by several at once', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  await Promise.all(Array.from({ length: 5 }, () => store.putManifest(COUNTER.code, COUNTER.manifestBytes)));
  expect(store.usedBytes).toBe(COUNTER.manifestBytes.length);
});

test('a manifest that is put once more is never away in between', async () => {
  const store = await openStore(await temporaryDirectory());
  const put = () => store.putManifest(COUNTER.code, COUNTER.manifestBytes);
  const putAndRead = async () => (await put(), store.missing(COUNTER.code));
  const missing = await Promise.all(Array.from({ length: 20 }, putAndRead));
  expect(new Set(missing.flat())).toEqual(new Set(COUNTER.blobs.keys()));
});

async function* chunks(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const hexOf = (hash: ContentHash) => hash.slice(7);
const blobPath = (dir: string, hash: ContentHash) => join(dir, 'content', 'blobs', hexOf(hash));
const OTHER_BYTES = Buffer.from('export default class Cuckoo_ {}\n');
const INDEX_BYTES = COUNTER.files.get('index.js') ?? Buffer.alloc(0);
const INDEX = hashBytes(INDEX_BYTES);

test('code is here once its manifest and every blob are, also after a restart', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  expect(await store.has(COUNTER.code)).toBe(false);
  await expect(store.missing(COUNTER.code)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_ABSENT' });
  await store.putManifest(COUNTER.code, COUNTER.manifestBytes);
  expect(await store.has(COUNTER.code)).toBe(false);
  expect(new Set(await store.missing(COUNTER.code))).toEqual(new Set(COUNTER.blobs.keys()));
  await putAll(store, COUNTER);
  const again = await openStore(dir);
  expect(await again.missing(COUNTER.code)).toEqual([]);
  expect(await again.has(COUNTER.code)).toBe(true);
  expect(await again.manifest(COUNTER.code)).toEqual(COUNTER.manifest);
});

test('code is not called whole before the disk has the names of all its files', async () => {
  const dir = await temporaryDirectory();
  await storeWith(dir, COUNTER);
  // As after the end of a process that had renamed them, and synced nothing.
  const failing = await ContentStore.open(join(dir, 'content'), { ...QUOTA, fileSystem: directoriesFail('EIO') });
  await expect(failing.has(COUNTER.code)).rejects.toMatchObject({ code: 'GOSSIP_E_DISK' });
  await expect(failing.missing(COUNTER.code)).rejects.toMatchObject({ code: 'GOSSIP_E_DISK' });
});

test('many files that are put at the same time cost few syncs of their directory', async () => {
  const { fileSystem, operations } = faultyDisk(null);
  const store = await ContentStore.open(join(await temporaryDirectory(), 'content'), { ...QUOTA, fileSystem });
  const before = operations.filter((operation) => operation === 'sync').length;
  const blobs = Array.from({ length: 20 }, (_, file) => Buffer.from(`file ${file}`));
  await Promise.all(blobs.map((blob) => store.putBlob(hashBytes(blob), blob, blob.length)));
  const syncs = operations.filter((operation) => operation === 'sync').length - before;
  expect([syncs >= 21, syncs < 40]).toEqual([true, true]);
});

test('what was put is on the disk before the put resolves: its bytes, then its name', async () => {
  const { fileSystem, operations } = faultyDisk(null);
  const store = await ContentStore.open(join(await temporaryDirectory(), 'content'), { ...QUOTA, fileSystem });
  const blob = Buffer.from('code');
  const durable = async (put: () => Promise<unknown>): Promise<string[]> => {
    const before = operations.length;
    await put();
    return operations.slice(before).filter((operation) => ['write', 'sync', 'rename'].includes(operation));
  };
  expect(await durable(() => store.putBlob(hashBytes(blob), blob, blob.length))).toEqual(['write', 'write', 'sync', 'rename', 'sync']);
  const resumed = await store.partial(hashBytes(Buffer.from('more')), 4);
  expect(await durable(() => resumed.append(Buffer.from('more')))).toEqual(['write', 'write', 'sync', 'rename', 'sync']);
});

test('a manifest of other bytes than its name is refused', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  const other = codeOf({ 'index.js': 'evil' });
  await expect(store.putManifest(COUNTER.code, other.manifestBytes)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  expect(await store.manifest(COUNTER.code)).toBeNull();
  expect(store.usedBytes).toBe(0);
});

test('a blob of other bytes, too few or too many is refused, and leaves nothing', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  const evil = Buffer.from(INDEX_BYTES);
  flip(evil, 0, 1);
  const size = INDEX_BYTES.length;
  for (const source of [
    evil,
    INDEX_BYTES.subarray(1),
    Buffer.concat([INDEX_BYTES, Buffer.of(0)]),
    chunks(),
    chunks(INDEX_BYTES, INDEX_BYTES),
  ]) {
    await expect(store.putBlob(INDEX, source, size)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  }
  expect(store.usedBytes).toBe(0);
  expect(await readdir(join(dir, 'content', 'partial'))).toEqual([]);
});

test('sizes out of all bounds are refused before anything is read', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  for (const size of [-1, 0.5, NaN, Infinity, MAX_CODE_BYTES + 1]) {
    await expect(store.putBlob(INDEX, INDEX_BYTES, size)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_LIMIT' });
    await expect(store.partial(INDEX, size)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_LIMIT' });
  }
});

test('what is no hash never becomes a path', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  for (const name of ['sha256:../../secret', 'sha256:', '../../../../etc/passwd', `sha256:${'A'.repeat(64)}`] as ContentHash[]) {
    for (const use of [
      () => store.putBlob(name, INDEX_BYTES, INDEX_BYTES.length),
      () => store.openBlob(name),
      () => store.manifest(name),
      () => store.checkout(name),
      () => store.partial(name, 1),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: 'GOSSIP_E_REQUEST' });
    }
  }
});

/** A source that would give 10 GB, and says how much was taken of it. */
function endless(): { source: AsyncGenerator<Uint8Array>; taken: () => number; ended: () => boolean } {
  const piece = Buffer.alloc(64 * 1024, 'x');
  let taken = 0;
  let ended = false;
  async function* give(): AsyncGenerator<Uint8Array> {
    try {
      for (; taken < 10 * 1024 ** 3; taken += piece.length) yield piece;
    } finally {
      ended = true;
    }
  }
  return { source: give(), taken: () => taken, ended: () => ended };
}

test('A6: an endless blob is stopped at the signed size, and the disk is as before', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  for (const fetch of [
    (source: AsyncIterable<Uint8Array>) => store.putBlob(INDEX, source, 200_000),
    async (source: AsyncIterable<Uint8Array>) => (await store.partial(INDEX, 200_000)).append(source),
  ]) {
    const { source, taken, ended } = endless();
    await expect(fetch(source)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
    expect(taken()).toBeLessThan(300_000);
    expect(ended()).toBe(true);
    expect((await contentsOf(join(dir, 'content'))).size).toBe(0);
    expect(store.usedBytes).toBe(0);
  }
});

test('A6, without the bound: the disk takes all that comes', async () => {
  const dir = await temporaryDirectory();
  const manyBytes = 8 * 1024 * 1024;
  const { source, taken } = endless();
  const bounded = (async function* () {
    for await (const piece of source) {
      if (taken() > manyBytes) return;
      yield piece;
    }
  })();
  const file = await open(join(dir, 'blob'), 'wx');
  await receiveBytes(file, bounded, Infinity);
  await file.close();
  expect((await stat(join(dir, 'blob'))).size).toBeGreaterThan(manyBytes - 100_000);
});

test('a fetch that was interrupted goes on where it ended, also after a restart', async () => {
  const dir = await temporaryDirectory();
  const size = INDEX_BYTES.length;
  const first = await (await openStore(dir)).partial(INDEX, INDEX_BYTES.length);
  expect(first.bytes).toBe(0);
  expect(await first.append(INDEX_BYTES.subarray(0, 5))).toBe('partial');
  const store = await openStore(dir);
  const second = await store.partial(INDEX, INDEX_BYTES.length);
  expect(second.bytes).toBe(5);
  const broken = (async function* () {
    yield INDEX_BYTES.subarray(5, 9);
    throw new Error('connection reset');
  })();
  await expect(second.append(broken)).rejects.toThrow('connection reset');
  const third = await store.partial(INDEX, INDEX_BYTES.length);
  expect(third.bytes).toBe(9);
  expect(store.usedBytes).toBe(9);
  expect(await third.append(chunks(INDEX_BYTES.subarray(9)))).toBe('whole');
  expect(await readFile(blobPath(dir, INDEX))).toEqual(INDEX_BYTES);
  expect(store.usedBytes).toBe(size);
  expect((await store.partial(INDEX, INDEX_BYTES.length)).bytes).toBe(0);
});

test('wrong bytes in a resumed fetch throw all of it away', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  await (await store.partial(INDEX, INDEX_BYTES.length)).append(Buffer.from('evil'));
  await expect((await store.partial(INDEX, INDEX_BYTES.length)).append(INDEX_BYTES.subarray(4))).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_MISMATCH',
  });
  expect((await store.partial(INDEX, INDEX_BYTES.length)).bytes).toBe(0);
  expect(store.usedBytes).toBe(0);
  expect(await (await store.partial(INDEX, INDEX_BYTES.length)).append(INDEX_BYTES)).toBe('whole');
});

test('a partial blob that is longer than the whole is damaged, and begun anew', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  await (await store.partial(INDEX, INDEX_BYTES.length)).append(INDEX_BYTES.subarray(0, 5));
  await appendFile(join(dir, 'content', 'partial', hexOf(INDEX)), INDEX_BYTES);
  const again = await store.partial(INDEX, INDEX_BYTES.length);
  expect(again.bytes).toBe(0);
  expect(await again.append(INDEX_BYTES)).toBe('whole');
});

test('a blob that was whole, but for its name, when the node was killed needs no more bytes', async () => {
  const dir = await temporaryDirectory();
  await openStore(dir);
  await writeFile(join(dir, 'content', 'partial', hexOf(INDEX)), INDEX_BYTES);
  const partial = await (await openStore(dir)).partial(INDEX, INDEX_BYTES.length);
  expect(partial.bytes).toBe(INDEX_BYTES.length);
  expect(await partial.append(chunks())).toBe('whole');
  expect(await readFile(blobPath(dir, INDEX))).toEqual(INDEX_BYTES);
});

test('two fetches of one blob do not mix their bytes', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  const [a, b] = [await store.partial(INDEX, INDEX_BYTES.length), await store.partial(INDEX, INDEX_BYTES.length)];
  const outcomes = await Promise.allSettled([a.append(chunks(INDEX_BYTES)), b.append(chunks(INDEX_BYTES))]);
  expect(outcomes).toEqual([
    { status: 'fulfilled', value: 'whole' },
    { status: 'rejected', reason: expect.objectContaining({ code: 'GOSSIP_E_BUSY' }) },
  ]);
  const stale = await store.partial(INDEX, INDEX_BYTES.length);
  await (await store.partial(INDEX, INDEX_BYTES.length)).append(INDEX_BYTES.subarray(0, 3));
  await expect(stale.append(INDEX_BYTES)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
});

test('the same blob may be put by several at once', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  await Promise.all(Array.from({ length: 5 }, () => store.putBlob(INDEX, chunks(INDEX_BYTES), INDEX_BYTES.length)));
  expect(await readFile(blobPath(dir, INDEX))).toEqual(INDEX_BYTES);
  expect(store.usedBytes).toBe(INDEX_BYTES.length);
  expect((await openStore(dir)).usedBytes).toBe(INDEX_BYTES.length);
});

test('a blob is served whole or from a byte on', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWith(dir, COUNTER);
  for (const from of [0, 7, INDEX_BYTES.length]) {
    const blob = await store.openBlob(INDEX, from);
    expect(blob?.size).toBe(INDEX_BYTES.length);
    expect(Buffer.concat((await blob?.stream.toArray()) as Buffer[])).toEqual(INDEX_BYTES.subarray(from));
  }
  expect(await store.openBlob(hashBytes(Buffer.from('absent')))).toBeNull();
  const unread = await store.openBlob(INDEX);
  unread?.stream.destroy();
  for (const from of [-1, 0.5, INDEX_BYTES.length + 1])
    await expect(store.openBlob(INDEX, from)).rejects.toMatchObject({ code: 'GOSSIP_E_REQUEST' });
});

test('a blob that is larger than a chunk arrives whole, and one that was dropped meanwhile ends the stream with an error', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  const large = randomBytes(600_000);
  await store.putBlob(hashBytes(large), large, large.length);
  const blob = await store.openBlob(hashBytes(large), 1);
  expect(Buffer.concat((await blob?.stream.toArray()) as Buffer[])).toEqual(large.subarray(1));
  const gone = await store.openBlob(hashBytes(large));
  await store.keepOnly(new Set());
  await expect(gone?.stream.toArray()).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
});

test('the quota holds, also for fetches at the same time, and room that is freed can be used', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir, 1_000);
  const blob = (letter: string) => Buffer.alloc(400, letter);
  const put = (letter: string) => store.putBlob(hashBytes(blob(letter)), chunks(blob(letter)), 400);
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(put));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  await expect(put('c')).rejects.toMatchObject({ code: 'GOSSIP_E_QUOTA' });
  await expect((await openStore(dir, 1_000)).putBlob(hashBytes(blob('c')), blob('c'), 400)).rejects.toMatchObject({
    code: 'GOSSIP_E_QUOTA',
  });
  await expect(store.putManifest(COUNTER.code, COUNTER.manifestBytes)).rejects.toMatchObject({ code: 'GOSSIP_E_QUOTA' });
  await store.keepOnly(new Set());
  expect(store.usedBytes).toBe(0);
  await put('c');
});

test('a checkout holds exactly the files of the manifest', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWith(dir, COUNTER);
  const directory = await store.checkout(COUNTER.code);
  expect(directory).toBe(join(dir, 'content', 'checkout', hexOf(COUNTER.code)));
  expect(await contentsOf(directory)).toEqual(COUNTER.files);
  const { ino } = await stat(join(directory, 'index.js'));
  expect(await store.checkout(COUNTER.code)).toBe(directory);
  expect((await stat(join(directory, 'index.js'))).ino).toBe(ino);
});

test('checkouts of one code at the same time all get a whole one', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWith(dir, COUNTER);
  for (let round = 0; round < 5; round++) {
    const directories = await Promise.all(Array.from({ length: 8 }, () => store.checkout(COUNTER.code)));
    const [directory = ''] = new Set(directories);
    expect(directories).toEqual(directories.map(() => directory));
    expect(await contentsOf(directory)).toEqual(COUNTER.files);
    await writeFile(join(directory, `extra${round}`), 'x');
  }
  expect(await readdir(join(dir, 'content', 'checkout'))).toEqual([hexOf(COUNTER.code)]);
});

test('whatever was done to a checkout, the next one is whole again', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWith(dir, COUNTER);
  const directory = await store.checkout(COUNTER.code);
  const elsewhere = join(dir, 'elsewhere');
  await mkdir(elsewhere);
  for (const damage of [
    () => rm(join(directory, 'index.js')),
    () => writeFile(join(directory, 'index.js.new'), '').then(() => rename(join(directory, 'index.js.new'), join(directory, 'index.js'))),
    () =>
      writeFile(join(directory, 'index.js.new'), OTHER_BYTES).then(() =>
        rename(join(directory, 'index.js.new'), join(directory, 'index.js')),
      ),
    () => writeFile(join(directory, 'extra.js'), 'evil'),
    () => mkdir(join(directory, 'lib', 'empty')),
    () => rm(directory, { recursive: true }),
    () => rm(directory, { recursive: true }).then(() => writeFile(directory, 'a file')),
    () => rm(directory, { recursive: true }).then(() => symlink(elsewhere, directory)),
    () => rm(join(directory, 'lib'), { recursive: true }).then(() => symlink(elsewhere, join(directory, 'lib'))),
    () => rm(join(directory, 'index.js')).then(() => mkdir(join(directory, 'index.js'))),
    () => rm(join(directory, 'index.js')).then(() => symlink(blobPath(dir, INDEX), join(directory, 'index.js'))),
  ]) {
    await damage();
    expect(await contentsOf(await store.checkout(COUNTER.code))).toEqual(COUNTER.files);
    expect(await readdir(elsewhere)).toEqual([]);
  }
});

test('Fault 19: any changed byte of a blob: no checkout, the blob is dropped, and once fetched anew all is well', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWith(dir, COUNTER);
  for (let at = 0; at < INDEX_BYTES.length; at++) {
    const flipped = Buffer.from(INDEX_BYTES);
    flip(flipped, at, 1);
    await writeFile(blobPath(dir, INDEX), flipped);
    await expect(store.checkout(COUNTER.code)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
    expect(await readdir(join(dir, 'content', 'checkout'))).toEqual([]);
    expect(await store.missing(COUNTER.code)).toEqual([INDEX]);
    await store.putBlob(INDEX, INDEX_BYTES, INDEX_BYTES.length);
  }
  expect(await contentsOf(await store.checkout(COUNTER.code))).toEqual(COUNTER.files);
  expect(store.usedBytes).toBe((await openStore(dir)).usedBytes);
});

test('Fault 19: truncated, lengthened and missing blobs are told as missing; a check of all bytes finds the rest', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWith(dir, COUNTER);
  expect(await store.verify(COUNTER.code)).toEqual([]);
  await truncate(blobPath(dir, INDEX), 3);
  expect(await store.has(COUNTER.code)).toBe(false);
  expect(await store.missing(COUNTER.code)).toEqual([INDEX]);
  await expect(store.checkout(COUNTER.code)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
  await store.putBlob(INDEX, INDEX_BYTES, INDEX_BYTES.length);
  await writeFile(blobPath(dir, INDEX), Buffer.alloc(INDEX_BYTES.length));
  expect(await store.has(COUNTER.code)).toBe(true);
  expect(await store.verify(COUNTER.code)).toEqual([INDEX]);
  expect(await store.has(COUNTER.code)).toBe(false);
});

test('any changed byte of a manifest drops it, and code without a manifest is absent', async () => {
  const dir = await temporaryDirectory();
  const store = await openStore(dir);
  const path = join(dir, 'content', 'manifests', hexOf(COUNTER.code));
  for (let at = 0; at < COUNTER.manifestBytes.length; at += 7) {
    await store.putManifest(COUNTER.code, COUNTER.manifestBytes);
    const flipped = Buffer.from(COUNTER.manifestBytes);
    flip(flipped, at, 1);
    await writeFile(path, flipped);
    expect(await store.manifest(COUNTER.code)).toBeNull();
    await expect(store.checkout(COUNTER.code)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_ABSENT' });
  }
  expect(store.usedBytes).toBe(0);
});

test('keeping some code throws away the rest, and shared blobs stay', async () => {
  const dir = await temporaryDirectory();
  const other = codeOf({ 'index.js': INDEX_BYTES, 'other.js': 'other' });
  const store = await storeWith(dir, COUNTER, other);
  await store.checkout(COUNTER.code);
  await store.checkout(other.code);
  await (await store.partial(hashBytes(Buffer.from('half')), 4)).append(Buffer.from('ha'));
  for (const part of ['manifests', 'blobs', 'partial', 'checkout']) await writeFile(join(dir, 'content', part, 'stranger'), 'x');
  await store.keepOnly(new Set([other.code]));
  expect(await store.has(other.code)).toBe(true);
  expect(await store.manifest(COUNTER.code)).toBeNull();
  expect(await readdir(join(dir, 'content', 'checkout'))).toEqual([hexOf(other.code)]);
  expect((await readdir(join(dir, 'content', 'blobs'))).sort()).toEqual([...other.blobs.keys()].map(hexOf).sort());
  expect(await readdir(join(dir, 'content', 'partial'))).toEqual([]);
});

test('what a crash left half-written is swept at the next opening', async () => {
  const dir = await temporaryDirectory();
  await storeWith(dir, COUNTER);
  for (const part of ['manifests', 'blobs', 'partial']) await writeFile(join(dir, 'content', part, 'x.0123456789ab.tmp'), 'half');
  await mkdir(join(dir, 'content', 'checkout', 'x.0123456789ab.tmp', 'inner'), { recursive: true });
  const before = await contentsOf(join(dir, 'content'));
  await openStore(dir);
  const after = await contentsOf(join(dir, 'content'));
  expect(after.size).toBe(before.size - 3);
  expect([...after.keys()].filter((path) => path.endsWith('.tmp'))).toEqual([]);
});

test('Fault 16: on a full or failing disk a put says so, leaves nothing, and succeeds when there is room again', async () => {
  const dir = await temporaryDirectory();
  for (const errno of ['ENOSPC', 'EIO', 'EMFILE']) {
    for (let at = 1; at <= 40; at++) {
      const { fileSystem, operations } = faultyDisk({ at, errno, lasting: 'once' });
      const content = join(dir, `${errno}${at}`);
      const outcome = await useOnce(content, fileSystem);
      if (operations.length < at) break;
      expect(['GOSSIP_E_DISK', 'done', 'GOSSIP_E_CODE_MISMATCH']).toContain(outcome);
      const store = await ContentStore.open(content, QUOTA);
      await putAll(store, COUNTER);
      expect(await contentsOf(await store.checkout(COUNTER.code))).toEqual(COUNTER.files);
    }
  }
});

async function useOnce(content: string, fileSystem: ReturnType<typeof faultyDisk>['fileSystem']): Promise<string> {
  try {
    const store = await ContentStore.open(content, { ...QUOTA, fileSystem });
    await store.putManifest(COUNTER.code, COUNTER.manifestBytes);
    await store.putBlob(INDEX, INDEX_BYTES, INDEX_BYTES.length);
    return 'done';
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}
