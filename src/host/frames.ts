/**
 * Frames between a core and a module host, over fd 3: `u32 header bytes | u32 body bytes | header (JSON) | body`.
 * Neither side trusts the other's lengths: each is checked before anything is kept, and memory grows with the bytes
 * that really came, never with those that were announced (attack D3). A large body comes out in pieces: to put it together, a core would copy
 * megabytes while all its modules wait.
 */
import { GossipError } from '../model/errors.ts';
import { bytesOf } from '../model/state-bytes.ts';
import { readJson } from '../sdk/json-text.ts';
import { MARK_BYTES } from '../sdk/carried.ts';
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from '../sdk/limits.ts';

export const MAX_HEADER_BYTES = 64 * 1024;
/** A state, as it is carried. */
export const MAX_BODY_BYTES = MAX_STATE_BYTES + MARK_BYTES;

const PREAMBLE_BYTES = 8;
const FIRST_BUFFER_BYTES = 4 * 1024;
/** Up to here a frame is written as one piece: to copy it costs less than to write, wake and read twice. */
const ONE_PIECE_BYTES = 16 * 1024;
const EMPTY = new Uint8Array(0);

/** Pieces that follow each other; a message is one, or none when it is empty. */
export type FrameBody = readonly Uint8Array[];

export interface Frame<Header> {
  readonly header: Header;
  readonly body: FrameBody;
}

export interface FrameRules<Header> {
  /** Parses a header by a closed schema; a throw means a broken frame. */
  readonly parseHeader: (json: unknown) => Header;
  /** How long a body this header may announce; asked before any of the body is kept. */
  readonly maxBodyBytes: (header: Header) => number;
  /** Largest piece of a body (default: that of a message). */
  readonly pieceBytes?: number;
}

/** One frame as the bytes to write: all of a small one, or else the head, and the body untouched. */
export function encodeFrame(header: object, body: FrameBody = []): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  if (json.length > MAX_HEADER_BYTES) broken(`a header of ${json.length} bytes, ${MAX_HEADER_BYTES} are allowed`);
  const bodyBytes = bytesOf(body);
  if (bodyBytes > MAX_BODY_BYTES) broken(`a body of ${bodyBytes} bytes, ${MAX_BODY_BYTES} are allowed`);
  const head = Buffer.allocUnsafe(PREAMBLE_BYTES + json.length);
  head.writeUInt32BE(json.length, 0);
  head.writeUInt32BE(bodyBytes, 4);
  json.copy(head, PREAMBLE_BYTES);
  const parts = [head, ...body];
  return bodyBytes > 0 && bodyBytes <= ONE_PIECE_BYTES ? [Buffer.concat(parts)] : parts;
}

/** The text of a body. */
export function textOf(body: FrameBody): string {
  const { buffer, byteOffset, length } = whole(body);
  return Buffer.from(buffer, byteOffset, length).toString();
}

/** A body in one piece; a message is one already, unless it is as long as bytes may be. */
export function whole(body: FrameBody): Uint8Array {
  return body.length > 1 ? Buffer.concat(body) : (body[0] ?? EMPTY);
}

type Part = 'preamble' | 'header' | 'body' | 'broken';

/** Turns a stream of bytes into frames. After a broken frame it takes no more: there is no place to start again. */
export class FrameReader<Header> {
  readonly #rules: FrameRules<Header>;
  readonly #pieceBytes: number;
  #part: Part = 'preamble';
  #wanted = PREAMBLE_BYTES;
  #bodyBytes = 0;
  #header: Header | undefined;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  #held = 0;
  /** Of the body that comes: the pieces that are full, and how much of it has come. */
  #pieces: Uint8Array[] = [];
  #inPieces = 0;

  constructor(rules: FrameRules<Header>) {
    this.#rules = rules;
    this.#pieceBytes = rules.pieceBytes ?? MAX_MESSAGE_BYTES;
  }

  /** Bytes of memory that wait for the rest of a frame. */
  get bufferedBytes(): number {
    return this.#inPieces + this.#buffer.length;
  }

  /** The frames that end in this chunk. Throws GOSSIP_E_MODULE_PROTOCOL and nothing else. */
  push(chunk: Uint8Array): Frame<Header>[] {
    const frames: Frame<Header>[] = [];
    if (this.#part === 'broken') broken('bytes after a broken frame');
    try {
      for (let at = 0; at < chunk.length;) {
        const taken = Math.min(this.#wanted - this.#held, chunk.length - at);
        this.#keep(chunk.subarray(at, at + taken));
        at += taken;
        this.#advance(frames);
      }
    } catch (error) {
      this.#part = 'broken';
      this.#buffer = Buffer.alloc(0);
      this.#forgetPieces();
      throw error instanceof GossipError && error.code === 'GOSSIP_E_MODULE_PROTOCOL' ? error : asBroken(error);
    }
    return frames;
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#held + bytes.length;
    if (needed > this.#buffer.length) {
      // As much as came before may come again: a piece behind others is taken in one buffer.
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#wanted, Math.max(needed, 2 * this.#buffer.length, this.#inPieces)));
      this.#buffer.copy(grown, 0, 0, this.#held);
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held = needed;
  }

  #advance(frames: Frame<Header>[]): void {
    while (this.#held === this.#wanted) {
      if (this.#part === 'preamble') this.#endPreamble();
      else if (this.#part === 'header') this.#endHeader();
      else this.#endPiece(frames);
    }
  }

  #endPreamble(): void {
    const headerBytes = this.#buffer.readUInt32BE(0);
    this.#bodyBytes = this.#buffer.readUInt32BE(4);
    if (headerBytes === 0 || headerBytes > MAX_HEADER_BYTES) broken(`a header of ${headerBytes} bytes, ${MAX_HEADER_BYTES} are allowed`);
    if (this.#bodyBytes > MAX_BODY_BYTES) broken(`a body of ${this.#bodyBytes} bytes, ${MAX_BODY_BYTES} are allowed`);
    this.#expect('header', headerBytes);
  }

  #endHeader(): void {
    const header = this.#rules.parseHeader(readJson(decodeUtf8(this.#buffer.subarray(0, this.#held))));
    const maxBytes = this.#rules.maxBodyBytes(header);
    if (this.#bodyBytes > maxBytes) broken(`a body of ${this.#bodyBytes} bytes, ${maxBytes} are allowed here`);
    this.#header = header;
    this.#expect('body', Math.min(this.#bodyBytes, this.#pieceBytes));
  }

  /** The body ends with this piece, or another one follows. */
  #endPiece(frames: Frame<Header>[]): void {
    if (this.#held > 0) this.#pieces.push(this.#givePiece());
    this.#inPieces += this.#held;
    const left = this.#bodyBytes - this.#inPieces;
    if (left > 0) return this.#expect('body', Math.min(left, this.#pieceBytes));
    frames.push({ header: this.#header as Header, body: this.#pieces });
    this.#forgetPieces();
    this.#expect('preamble', PREAMBLE_BYTES);
  }

  /** A small piece is copied; a large one takes the buffer along. */
  #givePiece(): Uint8Array {
    const piece = this.#buffer.subarray(0, this.#held);
    if (this.#buffer.length <= FIRST_BUFFER_BYTES) return new Uint8Array(piece);
    this.#buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
    return piece;
  }

  #forgetPieces(): void {
    this.#pieces = [];
    this.#inPieces = 0;
  }

  #expect(part: Part, bytes: number): void {
    this.#part = part;
    this.#wanted = bytes;
    this.#held = 0;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function asBroken(cause: unknown): GossipError {
  return new GossipError('GOSSIP_E_MODULE_PROTOCOL', 'a frame whose header does not follow the protocol', { cause });
}

function broken(what: string): never {
  throw new GossipError('GOSSIP_E_MODULE_PROTOCOL', `broken frame: ${what}`);
}
