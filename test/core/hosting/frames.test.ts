/** Frames: what comes out is what went in, and byte soup gives coded errors and bounded memory (attack D3). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, MAX_BODY_BYTES, MAX_HEADER_BYTES, whole } from '../../../src/host/frames.ts';
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from '../../../src/sdk/limits.ts';
import { maxBodyFromHost, maxBodyToHost, parseFromHost, parseToHost } from '../../../src/host/messages.ts';
import type { FromHost, ToHost } from '../../../src/host/messages.ts';
import { GossipError } from '../../../src/model/errors.ts';

const fromHost = () =>
  new FrameReader<FromHost>({ parseHeader: parseFromHost, maxBodyBytes: (header) => maxBodyFromHost(header, () => MAX_MESSAGE_BYTES) });
const stateReader = () =>
  new FrameReader<FromHost>({ parseHeader: parseFromHost, maxBodyBytes: (header) => maxBodyFromHost(header, () => MAX_STATE_BYTES) });
const toHost = () => new FrameReader<ToHost>({ parseHeader: parseToHost, maxBodyBytes: maxBodyToHost });

const anyFrame = fc.record({
  header: fc.oneof(
    fc.record({ type: fc.constant('done' as const), call: fc.nat() }),
    fc.record({
      type: fc.constant('exchange' as const),
      exchange: fc.nat(),
      to: fc.constant({ id: 'b'.repeat(64), address: '10.0.0.1:1', name: 'é' }),
    }),
  ),
  body: fc.uint8Array({ maxLength: 20_000 }),
});

describe('a frame', () => {
  it('comes out as it went in, however the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 5 }), fc.integer({ min: 1, max: 9_000 }), (frames, cut) => {
        const bytes = Buffer.concat(frames.flatMap(({ header, body }) => encodeFrame(header, [body])));
        const reader = fromHost();
        const read = [];
        for (let at = 0; at < bytes.length; at += cut) read.push(...reader.push(bytes.subarray(at, at + cut)));
        expect(read.map(({ header, body }) => ({ header, body: new Uint8Array(whole(body)) }))).toEqual(frames);
      }),
    );
  });

  it('of a state is taken where one was asked for, and nowhere else', () => {
    const bytes = Buffer.concat(encodeFrame({ type: 'done', call: 1 }, [new Uint8Array(MAX_MESSAGE_BYTES + 1)]));
    expect(stateReader().push(bytes)).toHaveLength(1);
    expect(() => fromHost().push(bytes)).toThrow(/body of 1048577 bytes, 1048576 are allowed here/);
  });

  it('comes out in pieces none of which is longer than a message, without a copy of the whole at any moment', () => {
    const body = Buffer.from(Uint8Array.from({ length: 5 * MAX_MESSAGE_BYTES + 7 }, (_, at) => at % 251));
    const bytes = Buffer.concat(encodeFrame({ type: 'done', call: 1 }, [body.subarray(0, 3), body.subarray(3)]));
    const reader = stateReader();
    const read = [];
    for (let at = 0; at < bytes.length; at += 65_536) {
      read.push(...reader.push(bytes.subarray(at, at + 65_536)));
      // What was taken is what came, and less than one more piece.
      expect(reader.bufferedBytes).toBeLessThanOrEqual(at + 65_536 + MAX_MESSAGE_BYTES);
    }
    expect(read[0]?.body.map((piece) => piece.length)).toEqual([...Array.from({ length: 5 }, () => MAX_MESSAGE_BYTES), 7]);
    expect(Buffer.concat(read[0]?.body ?? []).equals(body)).toBe(true);
  });

  it('is not written when its header or body is too long', () => {
    expect(() => encodeFrame({ text: 'x'.repeat(MAX_HEADER_BYTES) })).toThrow(GossipError);
    expect(() => encodeFrame({}, [{ length: MAX_BODY_BYTES } as Uint8Array, new Uint8Array(1)])).toThrow(GossipError);
  });
});

describe('a broken frame', () => {
  const preamble = (header: number, body: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(header, 0);
    bytes.writeUInt32BE(body, 4);
    return bytes;
  };
  const framed = (header: string | Buffer, body = 0): Buffer =>
    Buffer.concat([preamble(Buffer.byteLength(header), body), Buffer.from(header)]);

  it.each([
    ['4 GiB of header', preamble(0xffff_ffff, 0)],
    ['4 GiB of body', preamble(20, 0xffff_ffff)],
    ['no header', preamble(0, 10)],
    ['a header that is not UTF-8', framed(Buffer.from([0x22, 0xff, 0x22]))],
    ['a header that is not JSON', framed('{type:1}')],
    ['a header that is no object', framed('[]')],
    ['deep nesting', framed('['.repeat(MAX_HEADER_BYTES))],
    ['an unknown type', framed('{"type":"fly"}')],
    ['an unknown field', framed('{"type":"done","call":1,"more":1}')],
    ['a prototype for a field', framed('{"type":"done","call":1,"__proto__":{"a":1}}')],
    ['a wrong type', framed('{"type":"done","call":"1"}')],
    ['a negative number', framed('{"type":"done","call":-1}')],
    ['a number too large', framed('{"type":"done","call":9007199254740993}')],
    ['text that is too long', framed(`{"type":"crash","message":"${'x'.repeat(5_000)}"}`)],
    ['an address that is none', framed(`{"type":"exchange","exchange":1,"to":{"id":"${'b'.repeat(64)}","address":"host:1","name":""}}`)],
    ['a body where none belongs', framed('{"type":"ready"}', 1)],
  ])('is refused with its code: %s', (_, bytes) => {
    const reader = fromHost();
    expect(() => reader.push(bytes)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_MODULE_PROTOCOL' }));
    expect(() => reader.push(Buffer.concat(encodeFrame({ type: 'ready' })))).toThrow(/after a broken frame/);
    expect(reader.bufferedBytes).toBe(0);
  });

  it('is all that byte soup gives', () => {
    const almost = fc.tuple(anyFrame, fc.nat(), fc.nat({ max: 255 })).map(([{ header, body }, at, value]) => {
      const bytes = Buffer.concat(encodeFrame(header, [body]));
      bytes[(at % 60) % bytes.length] = value;
      return bytes;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), almost), { maxLength: 6 }), fc.boolean(), (chunks, side) => {
        expect(['read', 'GOSSIP_E_MODULE_PROTOCOL']).toContain(outcome(side ? fromHost() : toHost(), chunks));
      }),
      { numRuns: 500 },
    );
  });
});

function outcome(reader: { push(chunk: Uint8Array): unknown }, chunks: Uint8Array[]): string {
  try {
    for (const chunk of chunks) reader.push(chunk);
    return 'read';
  } catch (error) {
    return error instanceof GossipError ? error.code : String(error);
  }
}

describe('memory', () => {
  it('grows with the bytes that came, not with those that were announced', () => {
    const reader = new FrameReader<FromHost>({ parseHeader: parseFromHost, maxBodyBytes: () => MAX_STATE_BYTES });
    const [head] = encodeFrame({ type: 'done', call: 1 }, [new Uint8Array(MAX_STATE_BYTES)]);
    reader.push(head as Uint8Array);
    let sent = 0;
    for (const bytes of [10_000, 1_000_000]) {
      for (; sent < bytes; sent++) reader.push(Buffer.from([1]));
      expect(reader.bufferedBytes).toBeLessThanOrEqual(2 * sent + 4_096);
    }
  });

  it('is given back after a large frame', () => {
    const reader = fromHost();
    reader.push(Buffer.concat(encodeFrame({ type: 'done', call: 1 }, [new Uint8Array(MAX_MESSAGE_BYTES)])));
    expect(reader.bufferedBytes).toBeLessThanOrEqual(4_096);
  });
});
