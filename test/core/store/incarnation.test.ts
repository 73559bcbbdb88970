import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { nextIncarnation } from '../../../src/core/store/state/incarnation.ts';
import { faultyDisk } from './faulty-file-system.ts';
import { flip } from './flip.ts';
import { temporaryDirectory } from './temporary-directory.ts';

test('it counts the starts', async () => {
  const dir = await temporaryDirectory();
  expect([await nextIncarnation(dir), await nextIncarnation(dir), await nextIncarnation(dir)]).toEqual([1, 2, 3]);
});

test('it rises over any damage to one file', async () => {
  const dir = await temporaryDirectory();
  let last = 0;
  for (let start = 0; start < 20; start++) {
    const next = await nextIncarnation(dir);
    expect(next).toBeGreaterThan(last);
    last = next;
    if (start > 2) await damage(join(dir, `incarnation.${start % 2}`));
  }
});

test('it rises when both files are damaged, and counts on from there', async () => {
  const dir = await temporaryDirectory();
  for (let start = 0; start < 5; start++) await nextIncarnation(dir);
  for (const slot of [0, 1]) await damage(join(dir, `incarnation.${slot}`));
  const next = await nextIncarnation(dir);
  expect(next).toBeGreaterThan(5);
  expect(await nextIncarnation(dir)).toBe(next + 1);
});

test('it rises when both files are damaged again and again, faster than a node can start', async () => {
  const dir = await temporaryDirectory();
  let last = await nextIncarnation(dir);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  for (let start = 0; start < 20; start++) {
    for (const slot of await slots(dir)) await damage(join(dir, slot));
    vi.setSystemTime(Date.now() + 30);
    const next = await nextIncarnation(dir);
    expect(next).toBeGreaterThan(last);
    last = next;
  }
});

test('it rises when the newest file is gone', async () => {
  const dir = await temporaryDirectory();
  for (let start = 0; start < 4; start++) await nextIncarnation(dir);
  await rm(join(dir, 'incarnation.1'));
  expect(await nextIncarnation(dir)).toBeGreaterThan(4);
});

test('a number that is not durable is not used', async () => {
  const dir = await temporaryDirectory();
  await nextIncarnation(dir);
  const { fileSystem } = faultyDisk({ at: 4, errno: 'ENOSPC', lasting: 'forever' });
  await expect(nextIncarnation(dir, { fileSystem })).rejects.toMatchObject({ code: 'GOSSIP_E_DISK' });
});

async function slots(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => /^incarnation\.[01]$/.test(name));
}

async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  flip(bytes, bytes.length - 1, 1);
  await writeFile(path, bytes);
}
