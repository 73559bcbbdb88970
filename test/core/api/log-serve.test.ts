/** Logs read by members: filtered, followed, bounded in how many read, and ended with the node. */
import type { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { parseLogLine, parseLogQuestion, encodeLogQuestion } from '../../../src/api/logs.ts';
import type { LogLine, LogQuestion } from '../../../src/api/logs.ts';
import { LogServer } from '../../../src/core/api/log-serve.ts';
import { LogBook } from '../../../src/core/store/logs/log-book.ts';
import type { ModuleName, NodeId } from '../../../src/model/names.ts';
import type { LineLevel } from '../../../src/sdk/log-level.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const A = 'alpha' as ModuleName;
const ALL: LogQuestion = { module: null, level: 'debug', ageMs: null, since: null, lines: 100, after: null, follow: false };
const OPERATOR = 'a'.repeat(64) as NodeId;

interface Paper {
  readonly book: LogBook;
  readonly say: (text: string, level?: LineLevel, module?: ModuleName | null) => Promise<void>;
  /** Lines as they come; empty ones are heartbeats. */
  readonly ask: (question: Partial<LogQuestion>, from?: NodeId) => AsyncGenerator<LogLine | null>;
}

async function paper({ heartbeatMs = 60_000, incarnation = 1, directory = '', segmentBytes = 1_000_000 } = {}): Promise<Paper> {
  const at = directory === '' ? await temporaryDirectory() : directory;
  const book = await LogBook.open(at, { incarnation, limits: { segmentBytes, segments: 2 } });
  const server = new LogServer({ book, knows: (module) => module === A, heartbeatMs });
  onTestFinished(() => book.close());
  return {
    book,
    say: async (text, level = 'info', module = A) => {
      book.append(module, { level, deployment: 'd1', text });
      await book.flush();
    },
    async *ask(question, from = OPERATOR) {
      const gone = new AbortController();
      const { body } = server.answer({ ...ALL, ...question }, { from, signal: gone.signal });
      try {
        for await (const part of body as Readable) {
          const lines = (part as Buffer).toString().split('\n').slice(0, -1);
          for (const line of lines) yield line === '' ? null : parseLogLine(Buffer.from(line));
        }
      } finally {
        gone.abort();
        (body as Readable).destroy();
      }
    },
  };
}

/** Until the node has told all, or until it is `enough`. */
async function texts(lines: AsyncGenerator<LogLine | null>, enough?: (seen: readonly string[]) => boolean): Promise<string[]> {
  const seen: string[] = [];
  for await (const line of lines) {
    seen.push(
      line === null ? '(beat)' : line.type === 'record' ? line.record.text : line.type === 'lost' ? `(lost ${line.lost})` : `(${line.at})`,
    );
    if (enough?.(seen) === true) break;
  }
  return seen;
}

test('the last lines, of a level and from a time on, of one module or of all and the node', async () => {
  const { say, ask } = await paper();
  for (const level of ['debug', 'info', 'warn', 'error'] as const) await say(level, level);
  await say('of the node', 'error', null);
  expect(await texts(ask({}))).toEqual(['debug', 'info', 'warn', 'error', 'of the node', '(1-5)']);
  expect(await texts(ask({ module: A, level: 'warn' }))).toEqual(['warn', 'error', '(1-5)']);
  expect(await texts(ask({ module: A, lines: 1 }))).toEqual(['error', '(1-5)']);
  expect(await texts(ask({ lines: 0 }))).toEqual(['(1-5)']);
  expect(await texts(ask({ since: Date.now() + 60_000 }))).toEqual(['(1-5)']);
  expect(await texts(ask({ since: Date.now() - 60_000, lines: null }))).toEqual(['debug', 'info', 'warn', 'error', 'of the node', '(1-5)']);
  expect(await texts(ask({ ageMs: 60_000, lines: 2 }))).toEqual(['error', 'of the node', '(1-5)']);
});

test('a module that nobody deployed is unknown; one that was, and has said nothing, has no lines', async () => {
  const { ask } = await paper();
  await expect(texts(ask({ module: 'ghost' as ModuleName }))).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_UNKNOWN' });
  expect(await texts(ask({ module: A }))).toEqual(['(1-0)']);
});

test('whoever follows hears what comes, heartbeats in between, and the end of the node; whoever comes back misses nothing', async () => {
  const directory = await temporaryDirectory();
  const { book, say, ask } = await paper({ directory, heartbeatMs: 20 });
  await say('before');
  const beats = await texts(ask({ lines: 0, follow: true }), (seen) => seen.includes('(beat)'));
  expect(beats).toEqual(['(1-1)', '(beat)']);
  const fromTheFirst = { after: { incarnation: 1, number: 0 }, lines: null };
  const followed = texts(ask({ ...fromTheFirst, follow: true }), (seen) => seen.includes('other'));
  const toTheEnd = texts(ask({ ...fromTheFirst, follow: true }));
  await say('first');
  await say('other', 'info', 'beta' as ModuleName);
  expect((await followed).filter((text) => !text.startsWith('('))).toEqual(['before', 'first', 'other']);
  book.endReaders();
  expect((await toTheEnd)[0]).toBe('before');
  await say('while nobody listened');
  await book.close();
  const again = await paper({ directory, incarnation: 2 });
  await again.say('after the restart');
  const rest = await texts(again.ask({ after: { incarnation: 1, number: 2 }, lines: null }));
  expect(rest).toEqual(['other', 'while nobody listened', 'after the restart', '(2-1)']);
});

test('what was thrown away before it could be told is told as missing, and so is a place that this node never had', async () => {
  const { say, ask } = await paper({ segmentBytes: 400 });
  for (let line = 0; line < 20; line += 1) await say(`line ${line}`);
  const rest = await texts(ask({ after: { incarnation: 1, number: 2 }, lines: null }));
  expect(rest[0]).toBe('(lost null)');
  expect(rest.slice(-2)).toEqual(['line 19', '(1-20)']);
  expect(await texts(ask({ after: { incarnation: 7, number: 1 }, lines: null }))).toEqual(['(lost null)', '(1-20)']);
});

test('four read at once for one id, and sixteen for all; a place is free again when its reader has gone', async () => {
  const { ask } = await paper();
  const readers: AsyncGenerator<LogLine | null>[] = [];
  const begin = async (id: number): Promise<void> => {
    const reader = ask({ follow: true }, String(id).repeat(64) as NodeId);
    await reader.next();
    readers.push(reader);
  };
  for (let reader = 0; reader < 4; reader += 1) await begin(1);
  await expect(begin(1)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  for (const id of [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4]) await begin(id);
  await expect(begin(5)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  await readers[0]?.return(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  await begin(5);
  for (const reader of readers) await reader.return(undefined);
});

test('who asks without end is told to slow down', async () => {
  const { ask } = await paper();
  const asked = async (): Promise<void> => {
    for (let question = 0; question < 30; question += 1) await texts(ask({}));
  };
  await expect(asked()).rejects.toMatchObject({ code: 'GOSSIP_E_RATE' });
  expect(await texts(ask({}, 'b'.repeat(64) as NodeId))).toEqual(['(1-0)']);
});

test('a question is what its sender meant, or refused', () => {
  const question: LogQuestion = { ...ALL, module: A, level: 'warn', since: 5, after: { incarnation: 3, number: 9 }, follow: true };
  expect(parseLogQuestion(encodeLogQuestion(question))).toEqual(question);
  const bad = [
    { lines: -1 },
    { lines: 1e9 },
    { level: 'loud' },
    { module: '../x' },
    { after: 'x' },
    { since: 'now' },
    { follow: 'yes' },
    { ageMs: 0.5 },
  ];
  for (const change of bad) {
    const body = Buffer.from(JSON.stringify({ ...ALL, ...change }));
    expect(() => parseLogQuestion(body)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_REQUEST' }));
  }
  expect(() => parseLogQuestion(Buffer.alloc(2_000, ' '))).toThrow(expect.objectContaining({ name: 'GossipError' }));
});
