/** Says in an operator's words why a node gave no answer. */
import { FOREIGN_TLS_ADVICE, foreignTls } from '../../core/transport/client/foreign-tls.ts';
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';

const REASONS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ECONNREFUSED: ['GOSSIP_E_UNREACHABLE', 'nothing listens there'],
  ECONNRESET: ['GOSSIP_E_UNREACHABLE', 'it closed the connection'],
  EPIPE: ['GOSSIP_E_UNREACHABLE', 'it closed the connection'],
  EHOSTUNREACH: ['GOSSIP_E_UNREACHABLE', 'there is no way to the host'],
  ENETUNREACH: ['GOSSIP_E_UNREACHABLE', 'there is no way to the network'],
  ETIMEDOUT: ['GOSSIP_E_TIMEOUT', 'it did not answer in time'],
};

/** What people know a node by. */
export interface Named {
  /** Empty when unknown. */
  readonly name: string;
  readonly address: string;
}

/** `rendezvous1 (10.0.0.7:7946)` */
export function describe(node: Named): string {
  return node.name === '' ? node.address : `${node.name} (${node.address})`;
}

/** The coded form of a failed request. */
export function connectionError(thrown: unknown, node: Named): GossipError {
  const coded = codedCause(thrown);
  if (coded !== undefined) return new GossipError(coded.code, `${describe(node)}: ${coded.message}`, { cause: thrown });
  const foreign = foreignTls(thrown);
  if (foreign !== null) {
    const message = `cannot reach ${describe(node)}: ${foreign}`;
    return new GossipError('GOSSIP_E_UNREACHABLE', message, { advice: FOREIGN_TLS_ADVICE, cause: thrown });
  }
  const [code, reason] = REASONS[systemCode(thrown)] ?? ['GOSSIP_E_UNREACHABLE', thrown instanceof Error ? thrown.message : String(thrown)];
  return new GossipError(code, `cannot reach ${describe(node)}: ${reason}`, { cause: thrown });
}

/** A node is there, as its kernel took the connection, and was late with everything else: it may have too much to do. */
export function isOverdue(error: GossipError): boolean {
  if (error.code !== 'GOSSIP_E_TIMEOUT') return false;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).syscall === 'connect') return false;
  }
  return true;
}

function codedCause(thrown: unknown): GossipError | undefined {
  if (thrown instanceof GossipError) return thrown;
  return thrown instanceof Error && thrown.cause instanceof GossipError ? thrown.cause : undefined;
}

function systemCode(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
