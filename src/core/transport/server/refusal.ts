/** How a request is refused: the HTTP status that stands for a coded error, and how much of an error a peer may read. */
import { ERRORS, GossipError } from '../../../model/errors.ts';
import type { ErrorCode } from '../../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../../model/safe-text.ts';

/** Codes that peers may see. 401: show an admission, then ask again. All others are this node's own affair: 500. */
export const errorStatus: Readonly<Partial<Record<ErrorCode, number>>> = Object.freeze({
  GOSSIP_E_REQUEST: 400,
  GOSSIP_E_CANONICAL: 400,
  GOSSIP_E_SCHEMA: 400,
  GOSSIP_E_ADDRESS: 400,
  GOSSIP_E_MODULE_NAME: 400,
  GOSSIP_E_NODE_NAME: 400,
  GOSSIP_E_DEPLOYMENT_NAME: 400,
  GOSSIP_E_CODE_MISMATCH: 400,
  GOSSIP_E_CODE_FILE: 400,
  GOSSIP_E_CODE_LIMIT: 400,
  GOSSIP_E_NOT_ADMITTED: 401,
  GOSSIP_E_SIGNATURE: 403,
  GOSSIP_E_THRESHOLD: 403,
  GOSSIP_E_WRONG_CLUSTER: 403,
  GOSSIP_E_WRONG_EPOCH: 403,
  GOSSIP_E_NUMBER: 403,
  GOSSIP_E_MODULE_LIMIT: 403,
  GOSSIP_E_TOKEN: 403,
  GOSSIP_E_TOKEN_EXPIRED: 403,
  GOSSIP_E_IDENTITY: 403,
  GOSSIP_E_NOT_FOUND: 404,
  GOSSIP_E_CODE_ABSENT: 404,
  GOSSIP_E_MODULE_UNKNOWN: 404,
  GOSSIP_E_NUMBER_TAKEN: 409,
  GOSSIP_E_EXPECT: 409,
  GOSSIP_E_MISMATCH: 409,
  GOSSIP_E_TOO_LARGE: 413,
  GOSSIP_E_RATE: 429,
  GOSSIP_E_UNREACHABLE: 502,
  GOSSIP_E_MODULE_ANSWER: 502,
  GOSSIP_E_BUSY: 503,
  GOSSIP_E_STOPPING: 503,
  GOSSIP_E_MODULE_ABSENT: 503,
  GOSSIP_E_MODULE_CRASH: 503,
  GOSSIP_E_MODULE_HUNG: 503,
  GOSSIP_E_MODULE_LOAD: 503,
  GOSSIP_E_MODULE_MEMORY: 503,
  GOSSIP_E_MODULE_PROTOCOL: 503,
  GOSSIP_E_MODULE_START: 503,
  GOSSIP_E_MODULE_STATE: 503,
  GOSSIP_E_TIMEOUT: 504,
  GOSSIP_E_QUOTA: 507,
  GOSSIP_E_DISK: 507,
});

/** Told by their advice alone: their messages may name files of this machine. */
const PRIVATE: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_DISK']);

/** A refusal by the transport itself, with a status of its own. */
export class HttpRefusal extends GossipError {
  readonly status: number;
  constructor(status: number, code: ErrorCode, message: string) {
    super(code, message);
    this.status = status;
  }
}

export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What the peer is told of anything that was thrown: of what is not in the table, nothing. */
export function refusalOf(thrown: unknown): Refusal {
  const status = thrown instanceof HttpRefusal ? thrown.status : thrown instanceof GossipError ? errorStatus[thrown.code] : undefined;
  if (status === undefined) return { status: 500, code: 'GOSSIP_E_INTERNAL', message: 'the node could not answer; its log says why' };
  const { code, message } = thrown as GossipError;
  return { status, code, message: safeText(PRIVATE.has(code) ? ERRORS[code].advice : message, MAX_TOLD) };
}

export function refusalBody({ code, message }: Refusal): Buffer {
  return Buffer.from(JSON.stringify({ code, message }));
}
