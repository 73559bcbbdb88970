/** Streams that must be neither slow nor long. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { paced, pacedWhole } from '../../../src/core/transport/paced.ts';
import { rejection } from './fixtures.ts';

const PACE = { minBytesPerSecond: 1_000, windowMs: 100, maxBytes: 1_000 };

async function collect(source: Readable, pace = PACE) {
  let abandoned = 0;
  const parts: Uint8Array[] = [];
  const failure = await (async () => {
    for await (const part of paced(source, pace, () => (abandoned += 1))) parts.push(part);
  })().catch((error: Error & { code?: string }) => error.code ?? String(error));
  return { bytes: Buffer.concat(parts).byteLength, failure, abandoned };
}

test('what comes fast enough passes whole, up to the cap', async () => {
  expect(await collect(Readable.from([Buffer.alloc(600), Buffer.alloc(400)]))).toEqual({ bytes: 1_000, failure: undefined, abandoned: 0 });
});

test('an empty stream is not slow', async () => {
  expect(await collect(Readable.from([]))).toEqual({ bytes: 0, failure: undefined, abandoned: 0 });
});

test('one byte over the cap ends it', async () => {
  expect(await collect(Readable.from([Buffer.alloc(600), Buffer.alloc(401)]))).toEqual({
    bytes: 600,
    failure: 'GOSSIP_E_TOO_LARGE',
    abandoned: 1,
  });
});

test('a source that stops ends it', async () => {
  const silent = new Readable({ read() {} });
  silent.push(Buffer.alloc(10));
  expect(await collect(silent)).toEqual({ bytes: 10, failure: 'GOSSIP_E_TIMEOUT', abandoned: 1 });
});

test('a source that was fast and then stops ends it too: the past is no credit', async () => {
  const silent = new Readable({ read() {} });
  silent.push(Buffer.alloc(900_000));
  expect(await collect(silent, { ...PACE, maxBytes: 10_000_000 })).toEqual({ bytes: 900_000, failure: 'GOSSIP_E_TIMEOUT', abandoned: 1 });
});

test('a source that fails hands its error on', async () => {
  const broken = new Readable({ read() {} });
  broken.push(Buffer.alloc(10));
  const result = collect(broken);
  setImmediate(() => broken.destroy(new Error('broken')));
  expect(await result).toMatchObject({ failure: 'Error: broken', abandoned: 1 });
});

test("a slow consumer is not the source's fault", async () => {
  let bytes = 0;
  for await (const part of paced(Readable.from([Buffer.alloc(10), Buffer.alloc(10)]), { ...PACE, windowMs: 20 }, () => undefined)) {
    bytes += part.byteLength;
    const until = performance.now() + 50;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(bytes).toBe(20);
});

test('a consumer that stops early lets the source go', async () => {
  let abandoned = false;
  const body = paced(Readable.from([Buffer.alloc(10), Buffer.alloc(10)]), PACE, () => {
    abandoned = true;
  });
  for await (const part of body) if (part) break;
  expect(abandoned).toBe(true);
  expect(await rejection(body.throw(new Error('over')))).toMatchObject({ message: 'over' });
});

async function whole(source: Readable, pace = PACE) {
  return pacedWhole(source, pace).then(
    (bytes) => bytes.byteLength,
    (error: { code?: string } | null) => error?.code ?? error,
  );
}

/** Gives a part each 30 ms, and never ends. */
function dripping(part: number): Readable {
  const source = new Readable({ read() {} });
  const timer = setInterval(() => source.push(Buffer.alloc(part)), 30);
  return source.once('close', () => clearInterval(timer));
}

test('taken whole, the same holds', async () => {
  expect(await whole(Readable.from([Buffer.alloc(600), Buffer.alloc(400)]))).toBe(1_000);
  expect(await whole(Readable.from([]))).toBe(0);
  expect(await whole(Readable.from([Buffer.alloc(600), Buffer.alloc(401)]))).toBe('GOSSIP_E_TOO_LARGE');
  const slow = dripping(10);
  expect(await whole(slow)).toBe('GOSSIP_E_TIMEOUT');
  slow.destroy();
  const fast = dripping(100);
  expect(await whole(fast)).toBe('GOSSIP_E_TOO_LARGE');
  fast.destroy();
});

test('taken whole, what breaks off is told from what is slow, and what still comes can be read', async () => {
  const broken = new Readable({ read() {} });
  broken.push(Buffer.alloc(10));
  setImmediate(() => broken.destroy());
  expect(await whole(broken)).toBeNull();
  const long = new Readable({ read() {} });
  long.push(Buffer.alloc(2_000));
  expect(await whole(long)).toBe('GOSSIP_E_TOO_LARGE');
  long.push(Buffer.alloc(5));
  long.push(null);
  let rest = 0;
  for await (const part of long) rest += (part as Buffer).byteLength;
  expect(rest).toBe(5);
});
