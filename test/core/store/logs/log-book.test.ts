/** Logs on disk: bounded, told in order, whole after a crash in the middle of a line, and giving way where the disk is full. */
import { appendFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLogPlace, isAfter } from '../../../../src/api/logs.ts';
import type { ModuleName } from '../../../../src/model/names.ts';
import { LogBook } from '../../../../src/core/store/logs/log-book.ts';
import type { LogBookOptions } from '../../../../src/core/store/logs/log-book.ts';
import { Cursor, fromTheLast, inOrder } from '../../../../src/core/store/logs/log-reader.ts';
import type { Entry } from '../../../../src/core/store/logs/log-reader.ts';
import { NODE_SOURCE } from '../../../../src/core/store/logs/segments.ts';
import { faultyDisk } from '../faulty-file-system.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const [A, B] = ['alpha', 'beta'] as [ModuleName, ModuleName];

function open(directory: string, options: Partial<LogBookOptions> = {}): Promise<LogBook> {
  return LogBook.open(directory, { incarnation: 1, ...options });
}

function say(book: LogBook, module: ModuleName | null, text: string): void {
  book.append(module, { level: 'info', deployment: module === null ? null : 'd1', text });
}

async function all(entries: AsyncIterable<Entry>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { record } of entries) texts.push(record.text);
  return texts;
}

/** What the book tells of all its sources, in order. */
function told(book: LogBook): Promise<string[]> {
  const cursors = book.segments.sources.map((source) => new Cursor(book.segments, source));
  return all(inOrder(cursors, book.written));
}

async function bytesIn(directory: string): Promise<number> {
  const sizes = await Promise.all((await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('what is logged is there after a restart, of all sources in its order, with who said it when', async () => {
  const directory = join(await temporaryDirectory(), 'logs');
  const texts: string[] = [];
  for (const incarnation of [1, 2]) {
    const book = await open(directory, { incarnation });
    for (const [at, module] of [A, null, B, A, null].entries()) {
      texts.push(`${incarnation} ${at}`);
      say(book, module, `${incarnation} ${at}`);
      if (at === 2) await book.flush();
    }
    await book.close();
    await book.close();
  }
  const book = await open(directory, { incarnation: 3 });
  expect(await told(book)).toEqual(texts);
  expect(await all(fromTheLast(book.segments, book.segments.sources))).toEqual(texts.toReversed());
  const [line = ''] = (await readFile(join(directory, 'alpha.1.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(line)).toEqual({
    at: '1-1',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    level: 'info',
    module: 'alpha',
    deployment: 'd1',
    text: '1 0',
  });
  expect((await stat(join(directory, 'alpha.1.jsonl'))).mode & 0o777).toBe(0o600);
});

test('a source that logs without end takes no more than its segments, and nothing of what others have', async () => {
  const directory = await temporaryDirectory();
  const limits = { segmentBytes: 2_000, segments: 3, totalBytes: 1_000_000 };
  const book = await open(directory, { limits });
  say(book, null, 'the node');
  say(book, B, 'quiet');
  for (let line = 0; line < 500; line += 1) {
    say(book, A, `line ${line}`);
    if (line % 5 === 0) await book.flush();
  }
  await book.close();
  expect(book.segments.of(A).length).toBe(3);
  expect(await bytesIn(directory)).toBeLessThan(3 * 2_000 + 400);
  const texts = await told(book);
  expect(texts.slice(0, 2)).toEqual(['the node', 'quiet']);
  const kept = texts.slice(2);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => `line ${500 - kept.length + at}`));
});

test('of all sources together whoever logged longest ago gives way', async () => {
  const directory = await temporaryDirectory();
  const book = await open(directory, { limits: { segmentBytes: 1_000, segments: 4, totalBytes: 3_000 } });
  for (let at = 0; at < 30; at += 1) {
    say(book, `module-${at}` as ModuleName, 'x'.repeat(100));
    await book.flush();
  }
  await book.close();
  expect(await bytesIn(directory)).toBeLessThanOrEqual(3_000);
  expect(book.segments.sources.at(-1)).toBe('module-29');
  expect(book.segments.sources).not.toContain('module-0');
});

test('bounds that have become smaller hold from the start on, and what only has the name of a log is removed', async () => {
  const directory = await temporaryDirectory();
  const before = await open(directory, { limits: { segmentBytes: 500, segments: 9 } });
  for (let line = 0; line < 100; line += 1) {
    say(before, A, `line ${line}`);
    await before.flush();
  }
  await before.close();
  await mkdir(join(directory, 'gamma.1.jsonl'));
  await symlink('/etc/passwd', join(directory, 'delta.1.jsonl'));
  await writeFile(join(directory, 'notes.txt'), 'somebody else');
  const book = await open(directory, { incarnation: 2, limits: { segmentBytes: 500, segments: 2 } });
  expect(book.segments.sources).toEqual([A]);
  expect((await readdir(directory)).length).toBe(3);
  say(book, 'delta' as ModuleName, 'a file of its own');
  await book.close();
  expect((await told(book)).at(-1)).toBe('a file of its own');
});

test('half a line that a kill left spoils only itself', async () => {
  const directory = await temporaryDirectory();
  const before = await open(directory);
  say(before, A, 'whole');
  await before.close();
  await appendFile(join(directory, 'alpha.1.jsonl'), '{"at":"1-2","time":"2026-');
  const book = await open(directory, { incarnation: 2 });
  expect(await told(book)).toEqual(['whole']);
  say(book, A, 'after');
  await book.flush();
  expect(await told(book)).toEqual(['whole', 'after']);
  expect(await all(fromTheLast(book.segments, [A]))).toEqual(['after', 'whole']);
});

test('a cursor goes on where it was, over segments, and says when some were thrown away before it had them', async () => {
  const directory = await temporaryDirectory();
  const book = await open(directory, { limits: { segmentBytes: 600, segments: 2 } });
  const cursor = new Cursor(book.segments, A);
  const texts: string[] = [];
  for (let line = 0; line < 40; line += 1) {
    say(book, A, `line ${line}`);
    await book.flush();
    texts.push(...(await all(inOrder([cursor], book.written))));
  }
  expect(texts).toEqual(Array.from({ length: 40 }, (_, line) => `line ${line}`));
  expect(cursor.takeMissed()).toBe(false);
  for (let line = 40; line < 80; line += 1) {
    say(book, A, `line ${line}`);
    await book.flush();
  }
  const rest = await all(inOrder([cursor], book.written));
  expect(cursor.takeMissed()).toBe(true);
  expect(cursor.takeMissed()).toBe(false);
  expect(rest.at(-1)).toBe('line 79');
  expect(rest.length).toBeLessThan(40);
});

test('a cursor skips the segments of which nothing is wanted', async () => {
  const book = await open(await temporaryDirectory(), { limits: { segmentBytes: 600, segments: 9 } });
  for (let line = 0; line < 30; line += 1) {
    say(book, A, `line ${line}`);
    await book.flush();
  }
  const cursor = new Cursor(book.segments, A);
  const after = { incarnation: 1, number: 25 };
  expect(await cursor.seek(({ at }) => isAfter(at, after))).toBe(true);
  const texts = await all(inOrder([cursor], book.written));
  expect(texts.length).toBeLessThan(12);
  expect(texts.slice(-5)).toEqual(['line 25', 'line 26', 'line 27', 'line 28', 'line 29']);
});

test('a full disk: older segments give way, what is lost is counted and said, and the book goes on', async () => {
  const directory = await temporaryDirectory();
  const first = await open(directory, { limits: { segmentBytes: 400 } });
  for (let line = 0; line < 10; line += 1) {
    say(first, A, `line ${line}`);
    await first.flush();
  }
  await first.close();
  const older = first.segments.of(A).length;
  expect(older).toBeGreaterThan(1);
  // Opening asks for each file; then comes the first write.
  const { fileSystem } = faultyDisk({ at: older + 4, errno: 'ENOSPC', lasting: 'once' });
  const book = await open(directory, { incarnation: 2, limits: { segmentBytes: 400 }, fileSystem });
  say(book, A, 'lost');
  say(book, A, 'lost, too');
  await book.flush();
  expect(book.segments.of(A).length).toBe(1);
  say(book, A, 'kept');
  await book.flush();
  expect((await told(book)).slice(-2)).toEqual(['kept', '… 2 lines lost: the disk did not take them']);
});

test('a dead disk costs its lines and no more: nothing throws, and nothing piles up', async () => {
  const directory = await temporaryDirectory();
  const { fileSystem } = faultyDisk({ at: 2, errno: 'EIO', lasting: 'forever' });
  const book = await open(directory, { fileSystem, maxWaitingBytes: 1_000 });
  for (let line = 0; line < 1_000; line += 1) say(book, A, `line ${line}`);
  await book.close();
  say(book, A, 'late');
  expect(book.segments.totalBytes).toBe(0);
});

test('a record is never longer than a reader takes', async () => {
  const directory = await temporaryDirectory();
  const book = await open(directory);
  book.append(null, { level: 'error', deployment: null, text: 'x\u001b'.repeat(100_000), fields: { err: 'y'.repeat(100_000) } });
  await book.close();
  expect(await bytesIn(directory)).toBeLessThan(32 * 1024);
  expect((await told(book)).length).toBe(1);
  expect(await readFile(join(directory, `${NODE_SOURCE}.1.jsonl`), 'utf8')).not.toContain('\u001b');
});

test('whatever is logged by whom, rotated and torn when it may be: what is told is a tail of each source, whole lines, in the order of the log, within the bounds', async () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ say: fc.constantFrom(A, B, null), length: fc.nat({ max: 300 }) }) },
    { weight: 2, arbitrary: fc.constant('flush' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
    { weight: 1, arbitrary: fc.constantFrom(A, B).map((torn) => ({ torn })) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const directory = await temporaryDirectory();
      const limits = { segmentBytes: 1_500, segments: 2, totalBytes: 5_000 };
      const said = new Map<ModuleName | null, string[]>();
      let incarnation = 1;
      let number = 0;
      let waiting = 0;
      let book = await open(directory, { incarnation, limits });
      const again = async (torn: ModuleName | null): Promise<void> => {
        await book.close();
        const last = torn === null ? undefined : book.segments.of(torn).at(-1);
        if (last !== undefined) await appendFile(join(directory, `${torn}.${last.number}.jsonl`), '{"at":"9-9","ti');
        book = await open(directory, { incarnation: (incarnation += 1), limits });
      };
      for (const each of steps) {
        if (each === 'flush') await book.flush();
        else if (each === 'restart') await again(null);
        else if ('torn' in each) await again(each.torn);
        else {
          const text = `${(number += 1)} ${'ü'.repeat(each.length)}`;
          say(book, each.say, text);
          // More than a segment never waits.
          waiting += 2 * each.length + 150;
          if (waiting > 600) {
            await book.flush();
            waiting = 0;
          }
          said.set(each.say, [...(said.get(each.say) ?? []), text]);
        }
      }
      await book.flush();
      const entries: Entry[] = [];
      const cursors = book.segments.sources.map((source) => new Cursor(book.segments, source));
      for await (const entry of inOrder(cursors, book.written)) entries.push(entry);
      expect(entries.every(({ at }, index) => isAfter(at, entries[index - 1]?.at ?? { incarnation: 0, number: 0 }))).toBe(true);
      for (const [module, texts] of said) {
        const kept = entries.filter(({ record }) => record.module === module).map(({ record }) => record.text);
        expect(kept).toEqual(kept.length === 0 ? [] : texts.slice(-kept.length));
      }
      const backwards: string[] = [];
      for await (const { record } of fromTheLast(book.segments, book.segments.sources)) backwards.push(record.at);
      expect(backwards.toReversed()).toEqual(entries.map(({ record }) => record.at));
      expect(backwards.every((at) => parseLogPlace(at) !== null)).toBe(true);
      for (const source of book.segments.sources) expect(book.segments.of(source).length).toBeLessThanOrEqual(2);
      expect(book.segments.totalBytes).toBeLessThanOrEqual(5_000);
      await book.close();
    }),
    { numRuns: 60 },
  );
});
