/** Connections of operators' commands: TLS 1.3 with the operator's certificate, pinned to a node id before the first HTTP byte. */
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { GossipError } from '../../model/errors.ts';
import type { Address, NodeId } from '../../model/names.ts';
import { nodeIdOfCertificate } from '../../trust/identity.ts';
import type { Identity } from '../../trust/identity.ts';

export interface PinnedAgentOptions {
  readonly identity: Identity;
  readonly address: Address;
  /** Whom the node must be. */
  readonly id: NodeId;
  /** Bound of connecting and shaking hands. */
  readonly connectMs: number;
}

/** Whether the node that shows one id is the wanted one. */
export type PinCheck = (shown: NodeId, wanted: NodeId) => boolean;

/** An agent for exactly one node. */
export class PinnedAgent extends Agent {
  readonly #options: PinnedAgentOptions;
  readonly #isPinned: PinCheck;

  constructor(options: PinnedAgentOptions, isPinned: PinCheck = (shown, wanted) => shown === wanted) {
    // No resumption: on a resumed session no certificate is shown, and nothing could be pinned.
    super({ keepAlive: true, maxSockets: 4, maxCachedSessions: 0 });
    this.#options = options;
    this.#isPinned = isPinned;
  }

  /** Hands the socket over when it is pinned; until then no byte of HTTP can be written to it. */
  override createConnection(_: unknown, created: (error: Error | null, stream?: Duplex) => void): undefined {
    this.#connect().then(
      (stream) => created(null, stream),
      (error: Error) => created(error),
    );
  }

  async #connect(): Promise<Duplex> {
    const { id, ...target } = this.#options;
    const { id: shown, stream } = await openSocket(target);
    if (this.#isPinned(shown, id)) return stream;
    stream.destroy();
    throw new GossipError('GOSSIP_E_IDENTITY', `the node at ${target.address} is ${short(shown)}, not ${short(id)}`);
  }
}

/** The id that the node at an address shows. Nothing is believed of it yet. */
export async function idAt(target: Omit<PinnedAgentOptions, 'id'>): Promise<NodeId> {
  const { id, stream } = await openSocket(target);
  stream.destroy();
  return id;
}

async function openSocket({ identity, address, connectMs }: Omit<PinnedAgentOptions, 'id'>): Promise<{ id: NodeId; stream: TLSSocket }> {
  const at = address.lastIndexOf(':');
  const stream = connect({
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
    cert: identity.certificatePem,
    key: identity.keyPem,
    minVersion: 'TLSv1.3',
    // Certificates are self-signed; the pin is the check.
    rejectUnauthorized: false,
  });
  await secured(stream, connectMs);
  try {
    return { id: nodeIdOfCertificate(stream.getPeerCertificate().raw ?? Buffer.alloc(0)), stream };
  } catch (thrown) {
    stream.destroy();
    throw thrown;
  }
}

function secured(stream: TLSSocket, connectMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => stream.destroy(new GossipError('GOSSIP_E_TIMEOUT', `no connection within ${connectMs} ms`)),
      connectMs,
    );
    stream.once('secureConnect', () => {
      clearTimeout(deadline);
      stream.off('error', reject);
      resolve();
    });
    stream.once('error', (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    stream.once('close', () => reject(new Error('the connection was closed')));
  });
}

function short(id: NodeId): string {
  return id.slice(0, 12);
}
