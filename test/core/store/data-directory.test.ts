import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDataDirectory } from '../../../src/core/store/data-directory.ts';
import { writeFileDurably } from '../../../src/core/store/files/writer.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../../src/model/names.ts';
import { COUNTER } from './code-fixture.ts';
import { directoriesFail, faultyDisk } from './faulty-file-system.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';

test('a new directory is made for this user alone, locked, and let go', async () => {
  const dir = await temporaryDirectory();
  const path = join(dir, 'deep', 'data');
  const data = await openDataDirectory(path);
  expect(data.dir).toBe(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await expect(openDataDirectory(path)).rejects.toMatchObject({
    code: 'GOSSIP_E_DATA_LOCKED',
    message: expect.stringContaining(String(process.pid)),
  });
  await data.close();
  await data.close();
  await (await openDataDirectory(path)).close();
});

test('everything that was stored is there after a restart, with a higher incarnation', async () => {
  const dir = await temporaryDirectory();
  const module = 'counter' as ModuleName;
  const record = { envelope: { payload: 'p', payloadType: 't', signatures: [] } } as unknown as VerifiedDeployment;
  const checkpoint = { deployment: 'a'.repeat(64) as PayloadHash, stateEpoch: null, state: stateOf('three') };
  const first = await openDataDirectory(dir);
  expect(await first.cluster.load()).toEqual({ value: null, damaged: false });
  await first.configuration.save([record]);
  await first.checkpoints.save(module, checkpoint);
  await first.content.putManifest(COUNTER.code, COUNTER.manifestBytes);
  for (const [hash, blob] of COUNTER.blobs) await first.content.putBlob(hash, blob, blob.length);
  for (const name of ['hints', 'admissions', 'cluster'] as const) await first[name].save({ name });
  first.journal.append({ event: 'test' });
  await first.close();

  const second = await openDataDirectory(dir);
  expect(second.incarnation).toBe(first.incarnation + 1);
  expect(await second.configuration.load()).toEqual({ envelopes: [record.envelope], steps: [], notes: [], damaged: false });
  expect(await second.checkpoints.load(module)).toEqual(checkpoint);
  expect(await second.content.has(COUNTER.code)).toBe(true);
  for (const name of ['hints', 'admissions', 'cluster'] as const)
    expect(await second[name].load()).toEqual({ value: { name }, damaged: false });
  await second.close();
  const names = ['admissions.json', 'cluster.json', 'configuration.0', 'content', 'hints.json'];
  expect((await readdir(dir)).sort()).toEqual([
    ...names,
    'incarnation.0',
    'incarnation.1',
    'journal.jsonl',
    'lock',
    'lock.holder',
    'state',
  ]);
});

test("a directory that exists keeps its mode, for it may be anybody's, and one behind a link is used where it is", async () => {
  const dir = await temporaryDirectory();
  await mkdir(join(dir, 'data'));
  await chmod(join(dir, 'data'), 0o755);
  await symlink(join(dir, 'data'), join(dir, 'link'));
  const data = await openDataDirectory(join(dir, 'link'));
  expect(data.dir).toBe(join(dir, 'data'));
  expect((await stat(data.dir)).mode & 0o777).toBe(0o755);
  await data.close();
  // What lies in it is closed by itself.
  for (const name of await readdir(data.dir)) expect([name, (await stat(join(data.dir, name))).mode & 0o077]).toEqual([name, 0]);
});

test("a directory that holds other things than a node's is refused and left as it was", async () => {
  const dir = await temporaryDirectory();
  await mkdir(join(dir, 'photos'));
  await chmod(dir, 0o755);
  await expect(openDataDirectory(dir)).rejects.toMatchObject({
    code: 'GOSSIP_E_DATA_UNWRITABLE',
    message: expect.stringContaining("'photos'"),
  });
  expect([await readdir(dir), (await stat(dir)).mode & 0o777]).toEqual([['photos'], 0o755]);
});

test("a new disk is empty though its system left things there, and a node's own directory is known by its key", async () => {
  const disk = await temporaryDirectory();
  for (const name of ['lost+found', '.snapshot', '.Trash-1000']) await mkdir(join(disk, name));
  for (const name of ['.DS_Store', '._x', '.nfs000000000012ab34000001']) await writeFile(join(disk, name), '');
  await expect(openDataDirectory(disk).then((data) => data.close())).resolves.toBeUndefined();
  const prepared = await temporaryDirectory();
  await writeFile(join(prepared, 'identity.key'), '');
  await writeFile(join(prepared, 'node.log'), '');
  await expect(openDataDirectory(prepared).then((data) => data.close())).resolves.toBeUndefined();
});

test.each(['EINVAL', 'EBADF', 'ENOTSUP'])('a file system that answers %s to a sync of directories serves, and says so', async (errno) => {
  const data = await openDataDirectory(await temporaryDirectory(), { fileSystem: directoriesFail(errno) });
  expect(data.keepsNames).toBe(false);
  await data.hints.save([]);
  await data.cluster.save({ kept: errno });
  expect(await data.cluster.load()).toEqual({ value: { kept: errno }, damaged: false });
  await data.close();
});

test('a disk that fails to sync a directory is an error, and a good one says nothing', async () => {
  const failed = openDataDirectory(await temporaryDirectory(), { fileSystem: directoriesFail('EIO') });
  await expect(failed).rejects.toMatchObject({ code: 'GOSSIP_E_DISK', cause: { code: 'EIO' } });
  const data = await openDataDirectory(await temporaryDirectory());
  expect(data.keepsNames).toBe(true);
  await data.close();
});

test('a file that cannot be synced is an error on every file system', async () => {
  const { fileSystem } = faultyDisk({ at: 3, errno: 'EINVAL', lasting: 'once' });
  const written = writeFileDurably(join(await temporaryDirectory(), 'state'), Buffer.from('x'), { fileSystem });
  await expect(written).rejects.toMatchObject({ code: 'GOSSIP_E_FILE', cause: { code: 'EINVAL' } });
});

test('an empty name is refused, and is not the working directory', async () => {
  await expect(openDataDirectory('')).rejects.toMatchObject({ code: 'GOSSIP_E_USAGE' });
});

test('what a crash left half-written is swept', async () => {
  const dir = await temporaryDirectory();
  await (await openDataDirectory(dir)).close();
  const left = ['configuration.0.0123456789ab.tmp', 'state/counter.1.0123456789ab.tmp', 'content/blobs/x.0123456789ab.tmp'];
  for (const path of left) await writeFile(join(dir, path), 'half');
  await (await openDataDirectory(dir)).close();
  const all = await readdir(dir, { recursive: true });
  expect(all.filter((path) => path.endsWith('.tmp'))).toEqual([]);
});

test('a place where no directory can be is said', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'file'), 'x');
  for (const path of [join(dir, 'file'), join(dir, 'file', 'below'), '/proc/gossip-data']) {
    await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'GOSSIP_E_DATA_UNWRITABLE' });
  }
});

test('a disk that fails at any operation of the opening: a coded error, and the lock is free again', async () => {
  const dir = await temporaryDirectory();
  await (await openDataDirectory(dir)).close();
  const { fileSystem, operations } = faultyDisk(null);
  await (await openDataDirectory(dir, { fileSystem })).close();
  for (let at = 1; at <= operations.length; at++) {
    for (const errno of ['ENOSPC', 'EIO']) {
      const failing = faultyDisk({ at, errno, lasting: 'once' });
      await openDataDirectory(dir, { fileSystem: failing.fileSystem }).then(
        (data) => data.close(),
        (thrown: { code: string }) => expect(thrown.code, `operation ${at}`).toMatch(/^GOSSIP_E_(DISK|DATA_UNWRITABLE)$/),
      );
      await (await openDataDirectory(dir)).close();
    }
  }
});
