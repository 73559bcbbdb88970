/**
 * A hostile peer: admitted with a real join token, known by a real key, speaking the real protocol, and lying wherever it
 * is told to. It never breaks TLS or HTTP (the transport's own tests do that); it is the insider that trust has to bear.
 */
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Callee } from '../../src/core/transport/client/call.ts';
import { bundledFiles, MANIFEST_END, parseList } from '../../src/api/bundle.ts';
import type { RouteName } from '../../src/api/routes.ts';
import { PeerServer } from '../../src/core/transport/server/server.ts';
import type { PeerRequest, PeerResponse } from '../../src/core/transport/server/server.ts';
import type { Digest } from '../../src/gossip/digest.ts';
import { formatStamp } from '../../src/gossip/stamp.ts';
import type { Stamp } from '../../src/gossip/stamp.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { Address, ContentHash, Peer } from '../../src/model/names.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import type { Code } from './code.ts';
import { Member } from './member.ts';
import type { Heard } from './member.ts';

/** What it says on a route instead of the truth. */
export type Lie = (request: PeerRequest) => PeerResponse | Promise<PeerResponse>;

export class HostilePeer extends Member {
  readonly peer: Peer;
  /** By route; a route without a lie is answered as a node would that knows no module, and has the codes of `codes`. */
  lies: Partial<Record<RouteName, Lie>> = {};
  /** Code that it really has. */
  readonly codes = new Map<ContentHash, Code>();
  /** Every request that it was sent, but for bodies. */
  readonly heard: Omit<PeerRequest, 'body' | 'stream'>[] = [];

  private constructor(token: string, address: () => Address, name: string) {
    super(token);
    const id = this.identity.id;
    this.peer = {
      id,
      name,
      get address() {
        return address();
      },
    };
  }

  /** Joins the cluster of the token and listens; gone when the test ends. */
  static async join(token: string, name = 'hostile'): Promise<HostilePeer> {
    let address = '' as Address;
    const hostile = new HostilePeer(token, () => address, name);
    const server = new PeerServer();
    const handler = (request: PeerRequest) => hostile.#answer(request);
    address = (await server.listen({ identity: hostile.identity, host: '127.0.0.1', port: 0, handler, isKnown: () => true })).address;
    onTestFinished(() => server.close({ graceMs: 0 }));
    return hostile;
  }

  /** How often a route was asked. */
  count(...routes: readonly RouteName[]): number {
    return this.heard.filter(({ route }) => routes.includes(route)).length;
  }

  /** Tells a node where it listens, so that the node may call it. */
  override async greet(to: Callee): Promise<void> {
    const introduction = this.introduction(this.peer.address, this.peer.name);
    const { status, text } = await this.sayUngreeted(to, '/v1/hello', { method: 'POST', body: introduction });
    if (status !== 200) throw new Error(`${to.address} does not greet back: ${text}`);
  }

  /** Pushes records as a rumor would. */
  tell(to: Callee, records: readonly Pick<VerifiedDeployment, 'envelope'>[], digest: Digest = forgedDigest()): Promise<Heard> {
    const body = { digest, summary: null, records: records.map(({ envelope }) => envelope), peers: [] };
    return this.say(to, '/v1/configuration', { method: 'POST', headers: { 'gossip-address': this.peer.address }, body });
  }

  /** Sends a module's message under any stamp. */
  exchange(to: Callee, module: string, stamp: Stamp, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
    const own = { 'gossip-deployment': formatStamp(stamp), 'gossip-digest': forgedDigest(), 'gossip-address': this.peer.address };
    return this.say(to, `/v1/modules/${module}/exchange`, { method: 'POST', headers: { ...own, ...headers }, body });
  }

  /** It lies about what nodes of before are asked for: so it is one of them. */
  get #ofBefore(): boolean {
    return this.lies.manifest !== undefined || (this.lies.blob !== undefined && this.lies.bundle === undefined);
  }

  async #answer(request: PeerRequest): Promise<PeerResponse> {
    const { body: _, stream: __, ...head } = request;
    this.heard.push(head);
    return (this.lies[request.route] ?? ((asked) => this.#honest(asked)))(request);
  }

  #honest(request: PeerRequest): PeerResponse {
    const code = this.codes.get(request.parameters.get('hash') as ContentHash);
    const blob = code?.blobs.get(request.parameters.get('sha256') as ContentHash);
    switch (request.route) {
      case 'hello':
        return json(200, this.introduction(this.peer.address, this.peer.name));
      case 'exchange-configuration': {
        const { digest } = JSON.parse(Buffer.from(request.body).toString()) as { digest: Digest };
        return json(200, configuration({ digest }));
      }
      case 'exchange': {
        const digest = request.headers.get('gossip-digest') ?? forgedDigest();
        return json(503, { code: 'GOSSIP_E_MODULE_ABSENT', message: 'not here' }, { 'gossip-digest': digest });
      }
      case 'bundle':
        return code && !this.#ofBefore ? { status: 200, body: bundleOf(code) } : absent();
      case 'files':
        return code && !this.#ofBefore ? { status: 200, body: bytesOf(code, parseList(request.body)) } : absent();
      case 'manifest':
        return code ? { status: 200, body: encodeManifest(code.manifest) } : absent();
      case 'blob':
        return blob ? { status: 200, body: blob } : absent();
      default:
        return absent();
    }
  }
}

function bundleOf(code: Code): Uint8Array {
  const files = bundledFiles(code.manifest).map(({ sha256 }) => sha256);
  return Buffer.concat([encodeManifest(code.manifest), MANIFEST_END, bytesOf(code, files)]);
}

function bytesOf({ blobs }: Code, files: readonly ContentHash[]): Uint8Array {
  return Buffer.concat(files.map((hash) => blobs.get(hash) ?? new Uint8Array()));
}

function absent(): PeerResponse {
  return json(404, { code: 'GOSSIP_E_NOT_FOUND', message: 'not here' });
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): PeerResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(value)) };
}

/** The answer to a configuration exchange. */
export function configuration(said: {
  digest?: Digest;
  records?: readonly unknown[];
  lacking?: readonly string[];
  fresh?: number;
}): object {
  return { digest: forgedDigest(), records: [], lacking: [], fresh: 0, peers: [], ...said };
}

/** A digest of nothing. */
export function forgedDigest(): Digest {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
}

/** A stamp of nothing, of a sequence up to 1,000. */
export function forgedStamp(): Stamp {
  const [sequence = 0, time = 0] = crypto.getRandomValues(new Uint16Array(2));
  const hash = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
  return { trustEpoch: 1, sequence: 1 + (sequence % 1_000), time: 1_700_000_000_000 + time, hash, stateEpoch: '-' };
}

/** Answers that end only after `maxBytes`, or when nobody takes them any more. */
export class Endless {
  /** How much of one answer was taken, at most. */
  mostBytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  readonly lie: Lie = () => ({ status: 200, headers: { 'content-type': 'application/octet-stream' }, body: Readable.from(this.#bytes()) });

  *#bytes(): Generator<Uint8Array> {
    const piece = Buffer.alloc(64 * 1024, ' ');
    for (let sent = piece.length; sent <= this.#maxBytes; sent += piece.length) {
      yield piece;
      this.mostBytes = Math.max(this.mostBytes, sent);
    }
  }
}
