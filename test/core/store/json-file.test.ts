import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JsonFile } from '../../../src/core/store/files/json-file.ts';
import { faultyDisk } from './faulty-file-system.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const hintsIn = (dir: string) => new JsonFile(join(dir, 'hints.json'), { maxBytes: 100 });

test('what was saved is loaded', async () => {
  const dir = await temporaryDirectory();
  expect(await hintsIn(dir).load()).toEqual({ value: null, damaged: false });
  await hintsIn(dir).save({ a: ['ü', 1, null] });
  expect(await hintsIn(dir).load()).toEqual({ value: { a: ['ü', 1, null] }, damaged: false });
});

test('of saves that overlap the last one stays', async () => {
  const dir = await temporaryDirectory();
  const hints = hintsIn(dir);
  await Promise.all([1, 2, 3, 4, 5].map((value) => hints.save(value)));
  expect(await hints.load()).toEqual({ value: 5, damaged: false });
});

test('any truncation is set aside and said', async () => {
  const dir = await temporaryDirectory();
  await hintsIn(dir).save({ a: [1, 2] });
  const whole = await readFile(join(dir, 'hints.json'));
  for (let length = 0; length < whole.length - 1; length++) {
    await writeFile(join(dir, 'hints.json'), whole.subarray(0, length));
    expect(await hintsIn(dir).load(), `${length} bytes`).toEqual({ value: null, damaged: true });
    expect(await readdir(dir)).toEqual(['hints.json.damaged']);
  }
});

test('what is no JSON, no UTF-8, too long or no file is set aside and said', async () => {
  const dir = await temporaryDirectory();
  for (const bytes of [Buffer.from('{"a":'), Buffer.from('"\xff"', 'latin1'), Buffer.from(`"${'x'.repeat(100)}"`), Buffer.alloc(20)]) {
    await writeFile(join(dir, 'hints.json'), bytes);
    expect(await hintsIn(dir).load()).toEqual({ value: null, damaged: true });
  }
  await mkdir(join(dir, 'hints.json'));
  expect(await hintsIn(dir).load()).toEqual({ value: null, damaged: true });
});

test('more than allowed is refused, and the old document stays', async () => {
  const dir = await temporaryDirectory();
  await hintsIn(dir).save('old');
  await expect(hintsIn(dir).save('x'.repeat(100))).rejects.toMatchObject({ code: 'GOSSIP_E_TOO_LARGE' });
  expect((await hintsIn(dir).load()).value).toBe('old');
});

test('on a full disk the old document stays, and the next save succeeds', async () => {
  const dir = await temporaryDirectory();
  await hintsIn(dir).save('old');
  const { fileSystem } = faultyDisk({ at: 2, errno: 'ENOSPC', lasting: 'once' });
  const hints = new JsonFile(join(dir, 'hints.json'), { maxBytes: 100, fileSystem });
  await expect(hints.save('new')).rejects.toMatchObject({ code: 'GOSSIP_E_DISK' });
  expect((await hints.load()).value).toBe('old');
  await hints.save('newer');
  expect((await hints.load()).value).toBe('newer');
});
