/** The server's side of one WebSocket (RFC 6455): texts, whole, without extensions. Node has the client's side alone. */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { MAX_LINE_BYTES } from '../../host/lines.ts';

export interface WebSocketEvents {
  readonly onText: (text: string) => void;
  /** Once, however it ended. */
  readonly onEnd: () => void;
}

/** Why one is closed (section 7.4.1). */
export const CLOSE = { goingAway: 1001, protocol: 1002, unacceptable: 1003, tooLarge: 1009 } as const;

/** Of section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { more: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const MASK_BYTES = 4;
const MAX_CONTROL_BYTES = 125;
/** How long a peer has to take the last words. */
const CLOSING_MS = 1_000;

/** What a client's key is answered with (section 4.2.2). */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

interface WireFrame {
  readonly isLast: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** What is wrong with what came. */
class Fault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class WebSocketServerSide {
  readonly #socket: Duplex;
  readonly #events: WebSocketEvents;
  #held: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #bytes = 0;
  #closing = false;
  #ended = false;

  /** `socket`: after the handshake. */
  constructor(socket: Duplex, events: WebSocketEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#end());
    socket.once('end', () => socket.destroy());
  }

  /** False: more is better sent after `drained`. */
  send(text: string): boolean {
    return this.#closing || this.#write(OPCODE.text, Buffer.from(text));
  }

  drained(then: () => void): void {
    this.#socket.once('drain', then);
  }

  close(code: number, why: string): void {
    if (this.#closing) return;
    const reason = Buffer.from(why).subarray(0, MAX_CONTROL_BYTES - 2);
    const payload = Buffer.alloc(2 + reason.length);
    payload.writeUInt16BE(code);
    reason.copy(payload, 2);
    this.#write(OPCODE.close, payload);
    this.#closing = true;
    setTimeout(() => this.#socket.destroy(), CLOSING_MS).unref();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closing = true;
    this.#events.onEnd();
  }

  #write(opcode: number, payload: Buffer): boolean {
    if (!this.#socket.writable) return true;
    const { length } = payload;
    const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const head = Buffer.alloc(2 + size);
    head[0] = FIN | opcode;
    head[1] = size === 0 ? length : size === 2 ? 126 : 127;
    if (size === 2) head.writeUInt16BE(length, 2);
    if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
    this.#socket.write(head);
    return this.#socket.write(payload);
  }

  #take(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    try {
      for (let frame = this.#next(); frame !== null; frame = this.#next()) this.#frame(frame);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.close(error.code, error.message);
    }
  }

  /** Null while it is not whole. */
  #next(): WireFrame | null {
    const held = this.#held;
    if (held.length < 2) return null;
    const [first = 0, second = 0] = held;
    if ((first & RESERVED) !== 0) throw new Fault(CLOSE.protocol, 'no extension was agreed on');
    if ((second & MASKED) === 0) throw new Fault(CLOSE.protocol, 'a client masks what it sends');
    const short = second & 0x7f;
    const size = short < 126 ? 0 : short === 126 ? 2 : 8;
    const begin = 2 + size + MASK_BYTES;
    if (held.length < begin) return null;
    const length = size === 0 ? short : size === 2 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2));
    if (length + this.#bytes > MAX_LINE_BYTES) throw new Fault(CLOSE.tooLarge, `a message has at most ${MAX_LINE_BYTES} bytes`);
    if (held.length < begin + length) return null;
    const mask = held.subarray(begin - MASK_BYTES, begin);
    const payload = Buffer.from(held.subarray(begin, begin + length));
    for (let at = 0; at < length; at++) payload[at] = (payload[at] as number) ^ (mask[at % MASK_BYTES] as number);
    this.#held = held.subarray(begin + length);
    return { isLast: (first & FIN) !== 0, opcode: first & 0x0f, payload };
  }

  #frame({ isLast, opcode, payload }: WireFrame): void {
    switch (opcode) {
      case OPCODE.text:
      case OPCODE.more:
        if ((opcode === OPCODE.text) !== (this.#parts.length === 0))
          throw new Fault(CLOSE.protocol, 'parts of messages out of their order');
        return this.#part(payload, isLast);
      case OPCODE.ping:
        if (!this.#closing) this.#write(OPCODE.pong, payload);
        return;
      case OPCODE.pong:
        return;
      case OPCODE.close:
        if (!this.#closing) this.#write(OPCODE.close, payload.subarray(0, 2));
        this.#closing = true;
        this.#socket.end();
        return;
      default:
        throw new Fault(CLOSE.unacceptable, 'only texts are taken');
    }
  }

  #part(payload: Buffer, isLast: boolean): void {
    this.#parts.push(payload);
    this.#bytes += payload.length;
    if (!isLast) return;
    const text = Buffer.concat(this.#parts).toString();
    this.#parts = [];
    this.#bytes = 0;
    if (!this.#closing) this.#events.onText(text);
  }
}
