import { chmod, mkdir, open, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readCodeDirectory } from '../../../src/operator/module/code-directory.ts';
import { nodeFileSystem } from '../../../src/core/store/files/file-system.ts';
import type { FileSystem } from '../../../src/core/store/files/file-system.ts';
import { MAX_CODE_BYTES, MAX_FILES } from '../../../src/model/manifest.ts';
import { codeOf, COUNTER } from '../../core/store/code-fixture.ts';
import type { CodeFixture } from '../../core/store/code-fixture.ts';
import { faultyDisk } from '../../core/store/faulty-file-system.ts';
import { temporaryDirectory } from '../../core/store/temporary-directory.ts';

async function write(dir: string, { files }: CodeFixture, order: 'forwards' | 'backwards' = 'forwards'): Promise<void> {
  const entries = order === 'forwards' ? [...files] : [...files].toReversed();
  for (const [path, content] of entries) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
}

test('a directory is read into its manifest, its hash and where the bytes lie', async () => {
  const dir = await temporaryDirectory();
  await write(dir, COUNTER);
  const read = await readCodeDirectory(dir);
  expect({ manifest: read.manifest, hash: read.hash, bytes: read.bytes }).toEqual({
    manifest: COUNTER.manifest,
    hash: COUNTER.code,
    bytes: COUNTER.bytes,
  });
  expect(new Set(read.blobs.keys())).toEqual(new Set(COUNTER.blobs.keys()));
  expect([...read.blobs.values()].every((path) => typeof path === 'string' && path.startsWith(`${dir}/`))).toBe(true);
});

test('times, permissions, order of making and the way the path is written do not change the hash', async () => {
  const dir = await temporaryDirectory();
  const a = join(dir, 'a');
  const b = join(dir, 'b');
  await write(a, COUNTER);
  await write(b, COUNTER, 'backwards');
  for (const path of COUNTER.files.keys()) {
    await utimes(join(b, path), 1, 1);
    await chmod(join(b, path), 0o555);
  }
  const hashes = [a, b, `${a}/`, join(dir, '.', 'b', '..', 'a')].map(async (path) => (await readCodeDirectory(path)).hash);
  expect(new Set(await Promise.all(hashes))).toEqual(new Set([COUNTER.code]));
});

test('any changed byte, name or place changes the hash', async () => {
  const dir = await temporaryDirectory();
  await write(dir, codeOf({ 'a.js': 'a', 'lib/b.js': 'b' }));
  const hashes = new Set([(await readCodeDirectory(dir)).hash]);
  for (const change of [
    () => writeFile(join(dir, 'a.js'), 'A'),
    () => writeFile(join(dir, 'c.js'), ''),
    () => writeFile(join(dir, 'lib', 'a.js'), 'A'),
    () => rm(join(dir, 'a.js')),
  ]) {
    await change();
    hashes.add((await readCodeDirectory(dir)).hash);
  }
  expect(hashes.size).toBe(5);
});

test('a path that is absent, a file, below a file, a link or empty is refused with its reason', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'file'), 'x');
  await write(join(dir, 'code'), COUNTER);
  await symlink(join(dir, 'code'), join(dir, 'link'));
  await mkdir(join(dir, 'empty'));
  const reasons = await Promise.all(
    ['absent', 'file', 'file/below', 'link', 'link/', 'empty'].map((path) =>
      readCodeDirectory(`${dir}/${path}`).catch((thrown: { code: string; message: string }) => thrown),
    ),
  );
  expect(reasons).toEqual(
    ['ENOENT', 'not a directory', 'ENOTDIR', 'is a link', 'is a link', 'empty'].map((reason) =>
      expect.objectContaining({ code: 'GOSSIP_E_CODE_PATH', message: expect.stringContaining(reason) }),
    ),
  );
});

test('what may not be read is told', async () => {
  const dir = await temporaryDirectory();
  await write(dir, COUNTER);
  const refuse = async () => {
    throw Object.assign(new Error('no'), { code: 'EACCES' });
  };
  for (const broken of ['readdir', 'open'] as const) {
    const fileSystem = { ...nodeFileSystem, [broken]: refuse };
    await expect(readCodeDirectory(dir, { fileSystem })).rejects.toMatchObject({
      code: expect.stringMatching(/^GOSSIP_E_(CODE_PATH|FILE)$/),
    });
  }
});

test('too many files and too many bytes are refused, the limits themselves are not', async () => {
  const dir = await temporaryDirectory();
  const many = join(dir, 'many');
  await mkdir(many);
  for (let i = 0; i < MAX_FILES; i++) await writeFile(join(many, `f${i}`), '');
  expect((await readCodeDirectory(many)).manifest.files).toHaveLength(MAX_FILES);
  await writeFile(join(many, 'one-more'), '');
  await expect(readCodeDirectory(many)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_LIMIT' });

  const large = join(dir, 'large');
  await mkdir(large);
  await writeFile(join(large, 'a'), '');
  await truncate(join(large, 'a'), MAX_CODE_BYTES);
  expect((await readCodeDirectory(large)).bytes).toBe(MAX_CODE_BYTES);
  await writeFile(join(large, 'b'), 'x');
  await expect(readCodeDirectory(large)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_LIMIT' });
});

test('whatever changes while it is read is noticed', async () => {
  const dir = await temporaryDirectory();
  for (const [i, change] of [
    (code: string) => writeFile(join(code, 'late.js'), 'x'),
    (code: string) => rm(join(code, 'module.json')),
    (code: string) => writeFile(join(code, 'index.js'), 'export default class Changed {}\n'),
    (code: string) => truncate(join(code, 'index.js'), 3),
    (code: string) => rm(join(code, 'index.js')).then(() => writeFile(join(code, 'index.js'), COUNTER.files.get('index.js') ?? '')),
    (code: string) => rm(join(code, 'lib'), { recursive: true }),
  ].entries()) {
    const code = join(dir, `code${i}`);
    await write(code, COUNTER);
    let opened = 0;
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      open: async (...args) => {
        const handle = await open(...args);
        if (++opened === 4) await change(code);
        return handle;
      },
    };
    await expect(readCodeDirectory(code, { fileSystem }), `change ${i}`).rejects.toMatchObject({
      code: expect.stringMatching(/^GOSSIP_E_CODE_/),
    });
  }
});

test('a failing disk is said, whichever operation fails', async () => {
  const dir = await temporaryDirectory();
  await write(dir, COUNTER);
  const { fileSystem, operations } = faultyDisk(null);
  await readCodeDirectory(dir, { fileSystem });
  for (let at = 1; at <= operations.length; at++) {
    const failing = faultyDisk({ at, errno: 'EIO', lasting: 'once' }).fileSystem;
    await expect(readCodeDirectory(dir, { fileSystem: failing }), `operation ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^GOSSIP_E_(DISK|CODE_PATH)$/),
    });
  }
});

test("attack C11: a file's name neither steers a terminal nor turns its text", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'a\u001b[2J\u202eb'), '');
  await expect(readCodeDirectory(directory)).rejects.toThrow("'a\\u001b[2J\\u202eb'");
});
