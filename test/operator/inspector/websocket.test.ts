/** The server's side of a WebSocket, against frames as they lie on the wire (RFC 6455). */
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { acceptKey, WebSocketServerSide } from '../../../src/operator/inspector/websocket.ts';

const MASK = [1, 2, 3, 4];

/** A frame of a client. */
function frame(
  opcode: number,
  payload: Buffer | string,
  { last = true, masked = true, length }: { last?: boolean; masked?: boolean; length?: number } = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const size = length ?? bytes.length;
  const head = size < 126 ? [size] : size < 65_536 ? [126, size >> 8, size & 0xff] : [127, ...u64(size)];
  head[0] = (head[0] as number) | (masked ? 0x80 : 0);
  const body = masked ? bytes.map((byte, at) => byte ^ (MASK[at % 4] as number)) : bytes;
  return Buffer.concat([Buffer.from([(last ? 0x80 : 0) | opcode, ...head, ...(masked ? MASK : [])]), body]);
}

function u64(size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return bytes;
}

/** What comes of chunks, and what is answered. */
function exchange(...chunks: readonly Buffer[]): { texts: string[]; answered: Buffer; side: WebSocketServerSide; socket: Duplex } {
  const texts: string[] = [];
  const written: Buffer[] = [];
  const socket = new Duplex({ read: () => undefined, write: (chunk: Buffer, _, done) => (written.push(chunk), done()) });
  const side = new WebSocketServerSide(socket, { onText: (text) => texts.push(text), onEnd: () => texts.push('ended') });
  for (const chunk of chunks) socket.emit('data', chunk);
  return {
    texts,
    side,
    socket,
    get answered() {
      return Buffer.concat(written);
    },
  };
}

test('the key is answered as the specification shows', () => {
  expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test('texts come whole, whatever the chunks, the parts and the length', () => {
  const long = 'é'.repeat(40_000);
  const frames = Buffer.concat([
    frame(1, 'one'),
    frame(1, 'x'.repeat(300)),
    frame(1, 'two ', { last: false }),
    frame(9, 'ping'),
    frame(0, 'parts'),
    frame(1, long),
  ]);
  const single = Array.from(frames.subarray(0, 1_000), (_, at) => frames.subarray(at, at + 1));
  const { texts, answered } = exchange(...single, frames.subarray(1_000));
  expect(texts).toEqual(['one', 'x'.repeat(300), 'two parts', long]);
  expect(answered).toEqual(Buffer.concat([Buffer.from([0x8a, 4]), Buffer.from('ping')]));
});

test('what is sent has the shortest length there is, and no mask', () => {
  for (const [text, head] of [
    ['short', [0x81, 5]],
    ['x'.repeat(126), [0x81, 126, 0, 126]],
    ['x'.repeat(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ] as const) {
    const one = exchange();
    one.side.send(text);
    expect(one.answered).toEqual(Buffer.concat([Buffer.from(head), Buffer.from(text)]));
  }
});

describe('is closed, with the reason,', () => {
  test.each([
    ['a frame without a mask', frame(1, 'x', { masked: false }), 1002],
    ['bits of an extension', Buffer.concat([Buffer.from([0xc1]), frame(1, 'x').subarray(1)]), 1002],
    ['a part without a beginning', frame(0, 'x'), 1002],
    ['a text within another', Buffer.concat([frame(1, 'a', { last: false }), frame(1, 'b')]), 1002],
    ['bytes', frame(2, 'x'), 1003],
    ['a message without measure, before it came', frame(1, '', { length: 65 * 1024 * 1024 }), 1009],
  ])('for %s', (_what, chunk, code) => {
    const { texts, answered } = exchange(chunk);
    expect(texts).toEqual([]);
    expect(answered[0]).toBe(0x88);
    expect(answered.readUInt16BE(2)).toBe(code);
  });
});

test('a goodbye is answered with its code, and after it nothing is taken', async () => {
  const goodbye = Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('done')]);
  const one = exchange(frame(8, goodbye), frame(1, 'late'));
  expect(one.answered).toEqual(Buffer.from([0x88, 2, 0x03, 0xe8]));
  one.socket.destroy();
  await expect.poll(() => one.texts).toEqual(['ended']);
});
