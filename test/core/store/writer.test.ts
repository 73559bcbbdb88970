import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sweepTemporaries, temporaryName, writeFileDurably } from '../../../src/core/store/files/writer.ts';
import { faultyDisk } from './faulty-file-system.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const OLD = Buffer.from('the old state');
const NEW = Buffer.from('the new state, which is longer');

test('a write replaces the file, whole, for its owner alone', async () => {
  const dir = await temporaryDirectory();
  const path = join(dir, 'state');
  await writeFileDurably(path, OLD);
  await writeFileDurably(path, [NEW.subarray(0, 5), NEW.subarray(5)]);
  expect(await readFile(path)).toEqual(NEW);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(['state']);
});

test('the bytes, then their name, reach the disk before a write resolves', async () => {
  const dir = await temporaryDirectory();
  const { fileSystem, operations } = faultyDisk(null);
  await writeFileDurably(join(dir, 'state'), Buffer.from('abc'), { fileSystem });
  expect(operations).toEqual(['open', 'write', 'sync', 'rename', 'open', 'sync']);
});

test('a write that need not be durable waits for no disk', async () => {
  const dir = await temporaryDirectory();
  const { fileSystem, operations } = faultyDisk(null);
  await writeFileDurably(join(dir, 'hints'), Buffer.from('abc'), { fileSystem, durable: false });
  expect(operations).toEqual(['open', 'write', 'rename']);
});

test('short writes are gone on with', async () => {
  const dir = await temporaryDirectory();
  const { fileSystem, operations } = faultyDisk(null);
  const long = Buffer.alloc(1_000, 'x');
  await writeFileDurably(join(dir, 'state'), long, { fileSystem });
  expect(await readFile(join(dir, 'state'))).toEqual(long);
  expect(operations.filter((operation) => operation === 'write').length).toBeGreaterThan(5);
});

test('whichever operation fails, the error is coded, the old or the new bytes are there whole, and nothing is left over', async () => {
  const dir = await temporaryDirectory();
  const path = join(dir, 'state');
  const steps = await countOperations(path);
  for (const errno of ['ENOSPC', 'EIO', 'EMFILE']) {
    for (let at = 1; at <= steps; at++) {
      await writeFileDurably(path, OLD);
      const { fileSystem } = faultyDisk({ at, errno, lasting: 'once' });
      await expect(writeFileDurably(path, NEW, { fileSystem })).rejects.toMatchObject({ code: 'GOSSIP_E_DISK', cause: { code: errno } });
      expect([OLD.toString(), NEW.toString()]).toContain(await readFile(path, 'utf8'));
      expect(await readdir(dir)).toEqual(['state']);
    }
  }
});

test('a crash at any operation leaves the old or the new bytes, and a sweep removes the rest', async () => {
  const dir = await temporaryDirectory();
  const path = join(dir, 'state');
  const steps = await countOperations(path);
  for (let at = 1; at <= steps; at++) {
    await writeFileDurably(path, OLD);
    const { fileSystem } = faultyDisk({ at, errno: 'EIO', lasting: 'forever' });
    await expect(writeFileDurably(path, NEW, { fileSystem })).rejects.toMatchObject({ code: 'GOSSIP_E_DISK' });
    await sweepTemporaries(dir);
    expect([OLD.toString(), NEW.toString()]).toContain(await readFile(path, 'utf8'));
    expect(await readdir(dir)).toEqual(['state']);
  }
});

test('a directory that is not there is a matter of the path, not of the disk', async () => {
  const dir = await temporaryDirectory();
  await expect(writeFileDurably(join(dir, 'absent', 'state'), NEW)).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
});

test('a link in the place of the file is replaced, and what it points to stays as it is', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'elsewhere'), OLD);
  await symlink(join(dir, 'elsewhere'), join(dir, 'state'));
  await writeFileDurably(join(dir, 'state'), NEW);
  expect(await readFile(join(dir, 'elsewhere'))).toEqual(OLD);
  expect(await readFile(join(dir, 'state'))).toEqual(NEW);
});

test('a sweep removes temporary files and directories, and nothing else', async () => {
  const dir = await temporaryDirectory();
  await writeFile(temporaryName(join(dir, 'state')), OLD);
  await mkdir(join(temporaryName(join(dir, 'checkout')), 'inner'), { recursive: true });
  for (const name of ['state', 'notes.tmp', 'state.0123456789ab.tmp.kept']) await writeFile(join(dir, name), OLD);
  await sweepTemporaries(dir);
  expect((await readdir(dir)).sort()).toEqual(['notes.tmp', 'state', 'state.0123456789ab.tmp.kept']);
});

async function countOperations(path: string): Promise<number> {
  const { fileSystem, operations } = faultyDisk(null);
  await writeFileDurably(path, NEW, { fileSystem });
  return operations.length;
}
