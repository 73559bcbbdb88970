/** What both ends of a connection ask of TLS, and how each knows the other: by the hash of the key it has proven to hold. */
import { constants } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions, TLSSocket } from 'node:tls';
import { GossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import { nodeIdOfCertificate } from '../../trust/identity.ts';

/** The part of an identity that TLS needs. */
export interface TlsIdentity {
  readonly id: NodeId;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** TLS 1.3 and Ed25519 only, so that no peer chooses weaker or dearer mathematics (attack C9). */
export function secureOptions(identity: TlsIdentity): SecureContextOptions {
  return {
    cert: identity.certificatePem,
    key: identity.keyPem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    sigalgs: 'ed25519',
    // No authority vouches for a node. Without this Node reads the hundred and more that it knows, which takes most of a start.
    ca: [],
    // A resumed session shows no certificate. Without tickets, and with no store of sessions, none can be resumed.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

export function secureContext(identity: TlsIdentity): SecureContext {
  return createSecureContext(secureOptions(identity));
}

/** Who is at the other end; null when it has shown no key of its own in this very handshake. */
export function peerIdOf(socket: TLSSocket): NodeId | null {
  if (socket.isSessionReused()) return null;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return null;
  try {
    return nodeIdOfCertificate(certificate.raw);
  } catch {
    return null;
  }
}

/** The client's check, before the first HTTP byte: the server is `expected`, and nobody else. */
export function requirePeer(socket: TLSSocket, expected: NodeId): void {
  const actual = peerIdOf(socket);
  if (actual === expected) return;
  const found = actual === null ? 'a server without an identity' : `node ${actual.slice(0, 12)}`;
  throw new GossipError('GOSSIP_E_IDENTITY', `expected node ${expected.slice(0, 12)}, found ${found}`);
}
