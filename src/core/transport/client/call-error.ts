/** Turns the cause of a failed call into the coded error that operators and the protocol act on. */
import { errors } from 'undici';
import { GossipError } from '../../../model/errors.ts';
import type { ErrorCode } from '../../../model/errors.ts';
import type { Address, NodeId } from '../../../model/names.ts';
import { MAX_TOLD, safeText } from '../../../model/safe-text.ts';

const CODES: Readonly<Record<string, ErrorCode>> = Object.freeze({
  UND_ERR_CONNECT_TIMEOUT: 'GOSSIP_E_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'GOSSIP_E_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'GOSSIP_E_TIMEOUT',
  ETIMEDOUT: 'GOSSIP_E_TIMEOUT',
  UND_ERR_HEADERS_OVERFLOW: 'GOSSIP_E_TOO_LARGE',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'GOSSIP_E_TOO_LARGE',
  // The caller's own mistake: a header or a length that cannot be sent.
  UND_ERR_INVALID_ARG: 'GOSSIP_E_REQUEST',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'GOSSIP_E_REQUEST',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'GOSSIP_E_REQUEST',
  UND_ERR_DESTROYED: 'GOSSIP_E_STOPPING',
  UND_ERR_CLOSED: 'GOSSIP_E_STOPPING',
});

export function callError(thrown: unknown, peer: { readonly address: Address }): GossipError {
  if (thrown instanceof GossipError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  const notHttp = thrown instanceof errors.HTTPParserError;
  const kind: ErrorCode = notHttp ? 'GOSSIP_E_REQUEST' : (CODES[code ?? ''] ?? 'GOSSIP_E_UNREACHABLE');
  return new GossipError(kind, `${peer.address}: ${safeText(message ?? String(thrown), MAX_TOLD)}`, { cause: thrown });
}

export function stopping(): GossipError {
  return new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
}

export function revoked(id: NodeId): GossipError {
  return new GossipError('GOSSIP_E_REVOKED', `node ${id.slice(0, 12)} was revoked`);
}
