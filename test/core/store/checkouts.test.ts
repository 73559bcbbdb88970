/** Directories that hosts read: a sweep decided that nobody wants one, and in the same moment somebody does. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Checkouts } from '../../../src/core/store/code/checkouts.ts';
import { nodeFileSystem } from '../../../src/core/store/files/file-system.ts';
import type { FileSystem } from '../../../src/core/store/files/file-system.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A call that is held up until it is let on. */
function held() {
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return { begun: begun.promise, letOn: () => over.resolve(), wait: () => (begun.resolve(), over.promise) };
}

/** Makes what is not there, as a store does. */
async function make(directory: string): Promise<number> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'index.mjs'), 'code');
  return 4;
}

async function opened(fileSystem: Partial<FileSystem>) {
  const directory = await temporaryDirectory();
  const checkouts = await Checkouts.open(directory, { ...nodeFileSystem, ...fileSystem });
  for (const name of ['one', 'two']) await checkouts.take(name, make);
  return { directory, checkouts, names: async () => (await readdir(directory)).toSorted() };
}

test('what nobody wants is thrown away, with what it took', async () => {
  const { checkouts, names } = await opened({});
  await checkouts.keepOnly(new Set(['two']));
  expect([await names(), checkouts.bytes]).toEqual([['two'], 4]);
});

test('what is asked for after it was decided stays: a host reads it by now', async () => {
  const looking = held();
  let isHeld = false;
  const lookUp = async (path: string): Promise<string[]> => {
    if (isHeld) await looking.wait();
    return nodeFileSystem.readdir(path);
  };
  const { directory, checkouts, names } = await opened({ readdir: lookUp as FileSystem['readdir'] });
  isHeld = true;
  const sweep = checkouts.keepOnly(new Set());
  await looking.begun;
  expect(await checkouts.take('one', () => Promise.resolve(4))).toBe(join(directory, 'one'));
  looking.letOn();
  await sweep;
  expect([await names(), checkouts.bytes]).toEqual([['one'], 4]);
  // The next one decides anew.
  isHeld = false;
  await checkouts.keepOnly(new Set());
  expect([await names(), checkouts.bytes]).toEqual([[], 0]);
});

test('what is asked for while it is thrown away is made anew, after that', async () => {
  const removing = held();
  const rm: FileSystem['rm'] = async (path, options) => {
    await removing.wait();
    return nodeFileSystem.rm(path, options);
  };
  const { directory, checkouts, names } = await opened({ rm });
  const sweep = checkouts.keepOnly(new Set(['two']));
  await removing.begun;
  const order: string[] = [];
  const taken = checkouts.take('one', (path) => (order.push('made'), make(path)));
  order.push('let on');
  removing.letOn();
  await Promise.all([sweep, taken]);
  expect([order, await names(), await readdir(join(directory, 'one')), checkouts.bytes]).toEqual([
    ['let on', 'made'],
    ['one', 'two'],
    ['index.mjs'],
    8,
  ]);
});
