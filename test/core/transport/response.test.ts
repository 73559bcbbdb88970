/** How an answer goes out: in slices, so that a slow peer is judged by each of them and not by the whole. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { writeResponse } from '../../../src/core/transport/server/response.ts';

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));

test.each([
  ['bytes', () => bytes],
  ['a stream of one piece', () => Readable.from([bytes])],
  ['a stream of many pieces', () => Readable.from([bytes.subarray(0, 10), bytes.subarray(10, 150_000), bytes.subarray(150_000)])],
])('%s: slices of 64 KiB at most, all bytes, in their order', async (_, body) => {
  const parts: Buffer[] = [];
  const response = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        parts.push(chunk);
        done();
      },
    }),
    { writeHead: () => undefined },
  );
  await writeResponse({ complete: true } as IncomingMessage, response as unknown as ServerResponse, { status: 200, body: body() }, 1_000);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
  expect(Buffer.concat(parts)).toEqual(bytes);
});
