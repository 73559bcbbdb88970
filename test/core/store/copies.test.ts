import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Copies } from '../../../src/core/store/files/copies.ts';
import { encodeHeader } from '../../../src/core/store/files/copy-format.ts';
import { sweepTemporaries } from '../../../src/core/store/files/writer.ts';
import { faultyDisk } from './faulty-file-system.ts';
import { flip } from './flip.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const MAX = { maxBytes: 1_000 };

async function read(dir: string): Promise<{ text: string | null; damaged: boolean }> {
  const { bytes, damaged } = await new Copies(join(dir, 'state'), MAX).read();
  return { text: bytes === null ? null : Buffer.from(bytes).toString(), damaged };
}

async function writeTwo(dir: string): Promise<void> {
  const copies = new Copies(join(dir, 'state'), MAX);
  await copies.write(Buffer.from('older'));
  await copies.write(Buffer.from('newer'));
}

test('nothing written, nothing read', async () => {
  const dir = await temporaryDirectory();
  expect(await read(dir)).toEqual({ text: null, damaged: false });
});

test('the last of many writes is read, by the writer and after a restart, from two files', async () => {
  const dir = await temporaryDirectory();
  const copies = new Copies(join(dir, 'state'), MAX);
  for (const text of ['a', 'b', 'c', '']) {
    await copies.write(Buffer.from(text));
    expect((await copies.read()).bytes).toEqual(Buffer.from(text));
    expect(await read(dir)).toEqual({ text, damaged: false });
  }
  expect((await readdir(dir)).sort()).toEqual(['state.0', 'state.1']);
});

test('writes that overlap happen one after the other', async () => {
  const dir = await temporaryDirectory();
  const copies = new Copies(join(dir, 'state'), MAX);
  await Promise.all(Array.from({ length: 20 }, (_, i) => copies.write(Buffer.from(`write ${i}`))));
  expect(await read(dir)).toEqual({ text: 'write 19', damaged: false });
});

test('a write after a restart goes over the older file', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  const newer = await readFile(join(dir, 'state.1'));
  await new Copies(join(dir, 'state'), MAX).write(Buffer.from('newest'));
  expect(await readFile(join(dir, 'state.1'))).toEqual(newer);
  expect(await read(dir)).toEqual({ text: 'newest', damaged: false });
});

test('any single changed byte: the file is set aside, and the other copy is read', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  const whole = await readFile(join(dir, 'state.1'));
  for (let at = 0; at < whole.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const flipped = Buffer.from(whole);
      flip(flipped, at, mask);
      await writeFile(join(dir, 'state.1'), flipped);
      expect(await read(dir), `byte ${at}`).toEqual({ text: 'older', damaged: true });
      expect(await readFile(join(dir, 'state.1.damaged'))).toEqual(flipped);
    }
  }
});

test('any truncation, and any byte too many, is damage', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  const whole = await readFile(join(dir, 'state.1'));
  const lengths = Array.from({ length: whole.length }, (_, length) => length);
  for (const bytes of [
    ...lengths.map((length) => whole.subarray(0, length)),
    Buffer.concat([whole, Buffer.of(0)]),
    Buffer.alloc(whole.length),
  ]) {
    await writeFile(join(dir, 'state.1'), bytes);
    expect(await read(dir), `${bytes.length} bytes`).toEqual({ text: 'older', damaged: true });
  }
});

test('a file that is gone is told as damage: it may have been the newer', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  await rm(join(dir, 'state.1'));
  expect(await read(dir)).toEqual({ text: 'older', damaged: false });
  await writeTwo(dir);
  await rm(join(dir, 'state.0'));
  expect(await read(dir)).toEqual({ text: expect.any(String), damaged: true });
});

test('with both damaged nothing is read, and both are kept for a person to look at', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  for (const name of ['state.0', 'state.1']) await writeFile(join(dir, name), 'gossip? no');
  expect(await read(dir)).toEqual({ text: null, damaged: true });
  expect((await readdir(dir)).sort()).toEqual(['state.0.damaged', 'state.1.damaged']);
  expect(await read(dir)).toEqual({ text: null, damaged: false });
});

test('an old copy of a file loses against the newer copy', async () => {
  const dir = await temporaryDirectory();
  const copies = new Copies(join(dir, 'state'), MAX);
  await copies.write(Buffer.from('first'));
  const oldCopy = await readFile(join(dir, 'state.0'));
  for (const text of ['second', 'third']) await copies.write(Buffer.from(text));
  await writeFile(join(dir, 'state.0'), oldCopy);
  expect(await read(dir)).toEqual({ text: 'second', damaged: false });
});

test('a link or a directory in the place of a file is set aside, and never followed', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  const whole = await readFile(join(dir, 'state.1'));
  await writeFile(join(dir, 'elsewhere'), whole);
  await new Copies(join(dir, 'state'), MAX).remove();
  await symlink(join(dir, 'elsewhere'), join(dir, 'state.0'));
  await mkdir(join(dir, 'state.1'));
  expect(await read(dir)).toEqual({ text: null, damaged: true });
});

test('more bytes than allowed are refused, and a longer file is damage', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  const wide = new Copies(join(dir, 'state'), { maxBytes: 2_000 });
  await expect(new Copies(join(dir, 'state'), MAX).write(Buffer.alloc(1_001))).rejects.toMatchObject({ code: 'GOSSIP_E_TOO_LARGE' });
  await wide.write(Buffer.alloc(1_001));
  expect(await read(dir)).toEqual({ text: 'newer', damaged: true });
});

test("a newer program's state stops the node instead of being set aside", async () => {
  const dir = await temporaryDirectory();
  const state = Buffer.from('from the future');
  const header = await encodeHeader(7, [state], 2);
  await writeFile(join(dir, 'state.0'), Buffer.concat([header, state]));
  await expect(read(dir)).rejects.toMatchObject({ code: 'GOSSIP_E_DATA_UNWRITABLE' });
  expect(await readdir(dir)).toEqual(['state.0']);
});

test('after a removal there is nothing, and writing goes on', async () => {
  const dir = await temporaryDirectory();
  await writeTwo(dir);
  const copies = new Copies(join(dir, 'state'), MAX);
  await copies.remove();
  expect(await readdir(dir)).toEqual([]);
  await copies.write(Buffer.from('again'));
  expect(await read(dir)).toEqual({ text: 'again', damaged: false });
});

test('whichever operation of a write fails, the last state can be read and the next write succeeds', async () => {
  const dir = await temporaryDirectory();
  const steps = await operationsOfAWrite(dir);
  for (const errno of ['ENOSPC', 'EIO', 'EMFILE']) {
    for (let at = 1; at <= steps; at++) {
      const { fileSystem, operations } = faultyDisk({ at, errno, lasting: 'once' });
      const copies = new Copies(join(dir, 'state'), { ...MAX, fileSystem });
      const before = await read(dir);
      const outcome = await copies.write(Buffer.from(`${errno} ${at}`)).then(
        () => 'written',
        (thrown: { code: string }) => thrown.code,
      );
      // A bad sector while looking for the older file is damage of that file: it is set aside, and the write goes on.
      expect(operations.length >= at, 'the fault happened').toBe(true);
      expect(['GOSSIP_E_DISK', 'written']).toContain(outcome);
      const { text, damaged } = await read(dir);
      expect([before.text, `${errno} ${at}`]).toContain(text);
      expect(damaged).toBe(false);
      await copies.write(Buffer.from('after the fault'));
      expect((await read(dir)).text).toBe('after the fault');
    }
  }
});

test('a crash at any operation of a write leaves the old or the new state', async () => {
  const dir = await temporaryDirectory();
  const steps = await operationsOfAWrite(dir);
  for (let at = 1; at <= steps; at++) {
    await new Copies(join(dir, 'state'), MAX).write(Buffer.from('old'));
    const { fileSystem } = faultyDisk({ at, errno: 'ENOSPC', lasting: 'forever' });
    await expect(new Copies(join(dir, 'state'), { ...MAX, fileSystem }).write(Buffer.from('new'))).rejects.toMatchObject({
      code: 'GOSSIP_E_DISK',
    });
    await sweepTemporaries(dir);
    const { text, damaged } = await read(dir);
    expect(['old', 'new']).toContain(text);
    expect(damaged).toBe(false);
    expect((await readdir(dir)).sort()).toEqual(['state.0', 'state.1']);
  }
});

async function operationsOfAWrite(dir: string): Promise<number> {
  await writeTwo(dir);
  const { fileSystem, operations } = faultyDisk(null);
  await new Copies(join(dir, 'state'), { ...MAX, fileSystem }).write(Buffer.from('new'));
  return operations.length;
}
