/** Serves code to peers: immutable, resumable, few at a time; a busy node refers to others that have it. */
import { Readable } from 'node:stream';
import { contentRange } from '../../api/blob-range.ts';
import { bundledFiles, MANIFEST_END, MAX_LISTED_BYTES } from '../../api/bundle.ts';
import { piecesHeaders } from '../../api/pieces.ts';
import { BoundedMap } from '../../model/bounded.ts';
import type { Manifest, ManifestFile } from '../../model/manifest.ts';
import type { ContentHash, NodeId } from '../../model/names.ts';
import type { PieceQuestion } from '../../model/pieces.ts';
import { GossipError } from '../../model/errors.ts';
import { NOT_SAID } from '../../runner/incoming-code.ts';
import type { IncomingCode, Willing } from '../../runner/incoming-code.ts';
import { Serving } from '../../runner/serving.ts';
import type { Receiver } from '../../runner/serving.ts';
import { encodeManifest, sizeOf } from '../../trust/manifest.ts';
import { piecedFiles, piecesEntry } from '../../trust/pieces.ts';
import { CodePieces } from '../peers/code-pieces.ts';
import { refusalResponse } from '../transport/server/response.ts';
import type { PeerResponse } from '../transport/server/response.ts';
import type { ContentStore } from '../store/code/content-store.ts';

/** Codes whose files are remembered: to parse a manifest of 2,000 files for each of them would cost more than to send them. */
const MAX_KNOWN_CODES = 8;
const BYTES = { 'content-type': 'application/octet-stream' };
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

/** A code's files, and all their bytes. */
interface Listed {
  readonly sizes: ReadonlyMap<ContentHash, number>;
  readonly bytes: number;
  /** Of those that do not travel in pieces. */
  readonly alone: number;
}
interface Sent {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly length: number;
  readonly body: Readable;
}

export class CodeServer {
  readonly #store: ContentStore;
  readonly #incoming: Pick<IncomingCode, 'wait' | 'expects'>;
  readonly #listed = new BoundedMap<ContentHash, Listed>(MAX_KNOWN_CODES);
  readonly #serving: Serving;
  readonly #pieces: CodePieces;

  /** `now`: milliseconds of a clock that only runs forward. */
  constructor(
    store: ContentStore,
    incoming: Pick<IncomingCode, 'wait' | 'expects'>,
    now: () => number = () => performance.now(),
    pieces = new CodePieces(store),
  ) {
    this.#store = store;
    this.#incoming = incoming;
    this.#pieces = pieces;
    this.#serving = new Serving(now);
  }

  /** Where the code is on its way here, whoever asks for it waits a moment. */
  async manifest(code: ContentHash, to: NodeId, willing: Willing = NOT_SAID): Promise<PeerResponse> {
    return {
      status: 200,
      headers: { ...IMMUTABLE, 'content-type': 'application/json' },
      body: encodeManifest(await this.#manifest(code, to, willing)),
    };
  }

  /** The manifest and the small files that follow it, or 503 with referrals. */
  async bundle(code: ContentHash, to: Receiver, willing: Willing = NOT_SAID): Promise<PeerResponse> {
    // To say no costs less than to look whether all is there; who hears it comes again.
    const listed = this.#listed.get(code);
    if (listed && !this.#serving.hasRoom({ hash: code, bytes: listed.alone }, to)) return this.#busy(code, to.id);
    const manifest = await this.#manifest(code, to.id, willing);
    return this.#together(code, [encodeManifest(manifest), MANIFEST_END], bundledFiles(manifest), to);
  }

  /** Small files of `code`, one after the other, or 503 with referrals. */
  async files(code: ContentHash, hashes: readonly ContentHash[], to: Receiver): Promise<PeerResponse> {
    const { sizes } = await this.#list(code);
    const files = hashes.map((sha256) => ({ sha256, size: sizes.get(sha256) ?? Infinity }));
    if (files.some(({ size }) => size === Infinity)) throw absent(code);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    if (bytes > MAX_LISTED_BYTES) throw new GossipError('GOSSIP_E_REQUEST', `${bytes} bytes in a list, ${MAX_LISTED_BYTES} are allowed`);
    return this.#together(code, [], files, to);
  }

  /** One blob of `code` from byte `from`, or 503 with referrals. */
  async blob(code: ContentHash, hash: ContentHash, from: number, to: Receiver): Promise<PeerResponse> {
    if (!(await this.#list(code)).sizes.has(hash)) throw absent(code);
    return this.#send(code, to, 'bytes', async () => {
      const blob = await this.#store.openBlob(hash, from);
      if (blob === null) return null;
      const { size, stream: body } = blob;
      if (from === 0) return { status: 200, length: size, body };
      return { status: 206, headers: { 'content-range': contentRange({ from, to: size - 1, size }) }, length: size - from, body };
    });
  }

  /** Some pieces of `code`, or word of what is here, or 503 with referrals; while it is on its way here, too. */
  async pieces(
    code: ContentHash,
    question: (count: number) => PieceQuestion,
    to: Receiver,
    willing: Willing = NOT_SAID,
  ): Promise<PeerResponse> {
    const first = await this.#pieces.ask(code, question, to);
    if (first === null) await this.#wait(code, to.id, willing);
    const answer = first ?? (await this.#pieces.ask(code, question, to));
    if (answer === null) throw this.#lacking(code);
    if (answer === 'busy') return this.#busy(code, to.id);
    const body = Readable.from(answer.bodies);
    body.once('close', answer.sent);
    this.#serving.remember(code, to);
    const length = answer.bodies.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { status: 200, headers: { ...BYTES, 'content-length': String(length), ...piecesHeaders(answer) }, body };
  }

  async #manifest(code: ContentHash, to: NodeId, willing: Willing): Promise<Manifest> {
    const here = await this.#begun(code);
    if (here) return here;
    await this.#wait(code, to, willing);
    const come = await this.#begun(code);
    if (come) return come;
    throw this.#lacking(code);
  }

  /** The manifest of code of which all small files are here. */
  #begun(code: ContentHash): Promise<Manifest | null> {
    return this.#pieces.isComing(code) ? this.#store.manifest(code) : this.#store.whole(code);
  }

  #wait(code: ContentHash, to: NodeId, willing: Willing): Promise<void> {
    return new Promise((resolve) => this.#incoming.wait(code, to, willing, resolve));
  }

  #lacking(code: ContentHash): GossipError {
    if (this.#incoming.expects(code)) return new GossipError('GOSSIP_E_BUSY', 'the code is on its way here');
    // Not the code for what is unknown: a node of before says that of the route, and is asked in another way.
    return new GossipError('GOSSIP_E_CODE_ABSENT', `${code} is not here`);
  }

  async #together(
    code: ContentHash,
    before: readonly Uint8Array[],
    files: readonly Pick<ManifestFile, 'sha256' | 'size'>[],
    to: Receiver,
  ): Promise<PeerResponse> {
    return this.#send(code, to, 'alone', async () => {
      const parts = [...before];
      for (const { sha256, size } of files) {
        const bytes = await this.#store.readBlob(sha256, size);
        if (bytes === null) return null;
        parts.push(bytes);
      }
      const body = Buffer.concat(parts);
      return { status: 200, length: body.byteLength, body: Readable.from([body]) };
    });
  }

  /** The files of a code version never change; whether they are here still is seen when they are opened. */
  async #list(code: ContentHash): Promise<Listed> {
    const listed = this.#listed.get(code);
    if (listed) return listed;
    const manifest = await this.#store.manifest(code);
    if (!manifest) throw absent(code);
    const bytes = sizeOf(manifest);
    const pieced = piecesEntry(manifest) ? sizeOf({ ...manifest, files: piecedFiles(manifest.files) }) : 0;
    const files = { sizes: new Map(manifest.files.map(({ sha256, size }) => [sha256, size])), bytes, alone: bytes - pieced };
    this.#listed.set(code, files);
    return files;
  }

  /** Takes a place from before anything is opened until its stream is closed. */
  async #send(code: ContentHash, to: Receiver, of: 'bytes' | 'alone', open: () => Promise<Sent | null>): Promise<PeerResponse> {
    const listed = await this.#list(code);
    const end = this.#serving.begin({ hash: code, bytes: listed[of] }, to);
    if (end === null) return this.#busy(code, to.id);
    try {
      const sent = await open();
      if (sent === null) throw this.#incoming.expects(code) ? this.#lacking(code) : absent(code);
      sent.body.once('close', () => end(sent.length));
      this.#serving.remember(code, to);
      return {
        status: sent.status,
        headers: { ...IMMUTABLE, ...BYTES, 'content-length': String(sent.length), ...sent.headers },
        body: sent.body,
      };
    } catch (error) {
      end(0);
      throw error;
    }
  }

  #busy(code: ContentHash, to: NodeId): PeerResponse {
    return refusalResponse({ status: 503, code: 'GOSSIP_E_BUSY', message: 'too many uploads' }, this.#serving.others(code, to));
  }
}

function absent(code: ContentHash): GossipError {
  return new GossipError('GOSSIP_E_NOT_FOUND', `${code} is not here`);
}
