import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GossipError } from '../../../src/model/errors.ts';
import { Journal } from '../../../src/core/store/state/journal.ts';
import type { JournalOptions } from '../../../src/core/store/state/journal.ts';
import { faultyDisk } from './faulty-file-system.ts';
import { temporaryDirectory } from './temporary-directory.ts';

interface Losses {
  readonly codes: string[];
  entries: number;
}

function openJournal(dir: string, options: JournalOptions = {}): { journal: Journal; losses: Losses } {
  const losses: Losses = { codes: [], entries: 0 };
  const onLoss = (why: GossipError, lostEntries: number) => {
    losses.codes.push(why.code);
    losses.entries = lostEntries;
  };
  return { journal: new Journal(dir, { onLoss, ...options }), losses };
}

async function entries(path: string): Promise<unknown[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { entry: unknown }).entry);
}

test('entries are appended in order, each on its line with its time, over restarts', async () => {
  const dir = await temporaryDirectory();
  for (const start of [0, 1]) {
    const { journal } = openJournal(dir);
    for (let i = 0; i < 3; i++) journal.append({ entry: start * 3 + i });
    await journal.close();
    await journal.close();
  }
  expect(await entries(join(dir, 'journal.jsonl'))).toEqual([0, 1, 2, 3, 4, 5]);
  const [first] = (await readFile(join(dir, 'journal.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(first ?? '')).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/), entry: 0 });
  expect((await stat(join(dir, 'journal.jsonl'))).mode & 0o777).toBe(0o600);
});

test('what modules and peers say turns no text and steers no terminal where somebody reads the file (attack C11)', async () => {
  const dir = await temporaryDirectory();
  const { journal } = openJournal(dir);
  const hostile = 'x\u202e\u2066\u009b31m\u2028\u001b[2J\ud800';
  journal.append({ entry: hostile });
  await journal.close();
  const text = await readFile(join(dir, 'journal.jsonl'), 'utf8');
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  expect(text.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Cf}/gu)).toEqual(['\n']);
  expect(await entries(join(dir, 'journal.jsonl'))).toEqual([hostile.toWellFormed()]);
});

test('a full file is rotated once, and both stay within the limit', async () => {
  const dir = await temporaryDirectory();
  const { journal, losses } = openJournal(dir, { maxBytes: 1_000 });
  for (let i = 0; i < 100; i++) {
    journal.append({ entry: i });
    await journal.flush();
  }
  await journal.close();
  expect((await readdir(dir)).sort()).toEqual(['journal.1.jsonl', 'journal.jsonl']);
  const kept = [...(await entries(join(dir, 'journal.1.jsonl'))), ...(await entries(join(dir, 'journal.jsonl')))];
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 100 - kept.length + i));
  for (const name of ['journal.1.jsonl', 'journal.jsonl']) expect((await stat(join(dir, name))).size).toBeLessThanOrEqual(1_000);
  expect(losses).toEqual({ codes: [], entries: 0 });
});

test('half a line that a crash left spoils only itself', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'journal.jsonl'), '{"entry":1}\n{"entr');
  const { journal } = openJournal(dir);
  journal.append({ entry: 2 });
  await journal.close();
  expect(await readFile(join(dir, 'journal.jsonl'), 'utf8')).toMatch(/^\{"entry":1\}\n\{"entr\n\{.*"entry":2\}\n$/);
});

test('entries that the disk does not take are counted and reported, and the journal goes on afterwards', async () => {
  const dir = await temporaryDirectory();
  const { fileSystem } = faultyDisk({ at: 3, errno: 'ENOSPC', lasting: 'once' });
  const { journal, losses } = openJournal(dir, { fileSystem });
  for (let i = 0; i < 3; i++) {
    journal.append({ entry: i });
    await journal.flush();
  }
  await journal.close();
  expect(losses).toEqual({ codes: ['GOSSIP_E_DISK'], entries: 1 });
  const lines = (await readFile(join(dir, 'journal.jsonl'), 'utf8')).split('\n');
  expect(lines.filter((line) => line.endsWith('"entry":1}') || line.endsWith('"entry":2}'))).toHaveLength(2);
});

test('a dead disk throws nothing into the caller', async () => {
  const dir = await temporaryDirectory();
  const { fileSystem } = faultyDisk({ at: 1, errno: 'EIO', lasting: 'forever' });
  const { journal, losses } = openJournal(dir, { fileSystem });
  for (let i = 0; i < 10; i++) journal.append({ entry: i });
  await journal.close();
  expect(losses).toEqual({ codes: ['GOSSIP_E_DISK'], entries: 10 });
});

test('what no JSON can carry, what comes too fast and what comes after the end is counted', async () => {
  const dir = await temporaryDirectory();
  const { journal, losses } = openJournal(dir, { maxPending: 5 });
  journal.append({ entry: 1n as unknown as number });
  expect(losses.entries).toBe(1);
  for (let i = 0; i < 8; i++) journal.append({ entry: i });
  expect(losses.entries).toBe(4);
  await journal.close();
  journal.append({ entry: 'late' });
  expect(losses.entries).toBe(5);
  expect(await entries(join(dir, 'journal.jsonl'))).toEqual([0, 1, 2, 3, 4]);
});

test('control characters stay escaped: an entry is one line', async () => {
  const dir = await temporaryDirectory();
  const { journal } = openJournal(dir);
  journal.append({ entry: 'a\r\n{"entry":"forged"}\u001b[2J' });
  await journal.close();
  expect(await entries(join(dir, 'journal.jsonl'))).toEqual(['a\r\n{"entry":"forged"}\u001b[2J']);
});
