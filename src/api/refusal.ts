/** How a request is refused: the HTTP status that stands for a coded error, the body that carries it, and how the other side reads it. */
import * as v from 'valibot';
import { ERRORS, GossipError, isErrorCode } from '../model/errors.ts';
import type { ErrorCode, Failure } from '../model/errors.ts';
import type { Envelope } from '../model/deployment.ts';
import { peerFields } from '../model/forms.ts';
import type { Peer } from '../model/names.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';
import { jsonBody, parseBody } from './body.ts';

/** A code, the words of one message, and a few referrals. */
export const MAX_REFUSAL_BYTES = 16 * 1024;
/** Other sources that a busy one names. */
export const MAX_REFERRALS = 8;
const LIMITS = { maxBytes: MAX_REFUSAL_BYTES, maxDepth: 6 };

/** Codes that peers may see. The one of who is revoked comes with the note that says so, see `revokedBody`. 401: show an admission, then ask again. All others are this node's own affair: 500. */
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
  GOSSIP_E_ROOT_VERSION: 409,
  GOSSIP_E_REVOKED: 403,
  GOSSIP_E_NUMBER: 403,
  GOSSIP_E_MODULE_LIMIT: 403,
  GOSSIP_E_TOKEN: 403,
  GOSSIP_E_TOKEN_EXPIRED: 403,
  GOSSIP_E_TOKEN_REVOKED: 403,
  GOSSIP_E_IDENTITY: 403,
  GOSSIP_E_NOT_FOUND: 404,
  GOSSIP_E_CODE_ABSENT: 404,
  GOSSIP_E_MODULE_UNKNOWN: 404,
  GOSSIP_E_NUMBER_TAKEN: 409,
  GOSSIP_E_EXPECT: 409,
  GOSSIP_E_MISMATCH: 409,
  GOSSIP_E_TOO_LARGE: 413,
  GOSSIP_E_MODULE_REFUSED: 422,
  GOSSIP_E_RATE: 429,
  GOSSIP_E_MODULE_DEAF: 501,
  GOSSIP_E_UNREACHABLE: 502,
  GOSSIP_E_NOT_LISTENING: 502,
  GOSSIP_E_MODULE_ANSWER: 502,
  GOSSIP_E_BUSY: 503,
  GOSSIP_E_STOPPING: 503,
  GOSSIP_E_MODULE_ABSENT: 503,
  GOSSIP_E_MODULE_CRASH: 503,
  GOSSIP_E_MODULE_HUNG: 503,
  GOSSIP_E_MODULE_LOAD: 503,
  GOSSIP_E_MODULE_MEMORY: 503,
  GOSSIP_E_MODULE_PROTOCOL: 503,
  GOSSIP_E_MODULE_SETTINGS: 503,
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

export interface Refusal extends Failure {
  readonly status: number;
}

/** What the peer is told of anything that was thrown: of what is not in the table, nothing. */
export function refusalOf(thrown: unknown): Refusal {
  const status = thrown instanceof HttpRefusal ? thrown.status : thrown instanceof GossipError ? errorStatus[thrown.code] : undefined;
  if (status === undefined) return { status: 500, code: 'GOSSIP_E_INTERNAL', message: 'the node could not answer; its log says why' };
  const { code, message, reason } = thrown as GossipError;
  const told = safeText(PRIVATE.has(code) ? ERRORS[code].advice : message, MAX_TOLD);
  return { status, code, message: told, ...(reason !== undefined && { reason }) };
}

/** Of a source of code that has no time: `referrals` have it, too. */
export function refusalBody({ code, message, reason }: Failure, referrals?: readonly Peer[]): Uint8Array {
  return jsonBody({ code, message, reason, referrals });
}

export const REVOKED_STATUS = 403;

/** The refusal of a node that was revoked: with the signed note, so that it need not believe a peer. */
export function revokedBody(note: Envelope | null): Uint8Array {
  return jsonBody({ code: 'GOSSIP_E_REVOKED', message: 'an operator has revoked this identity', note });
}

/** The note that a refusal shows to who is revoked, not verified; null where the refusal is another one. */
export function parseRevoked(answer: Refused): { readonly note: unknown } | null {
  if (answer.status !== REVOKED_STATUS) return null;
  const refused = read(v.object({ code: v.literal('GOSSIP_E_REVOKED'), note: v.optional(v.unknown(), null) }), answer.body);
  return refused === null ? null : { note: refused.note };
}

/** An answer of which only the status matters, and what stands in a refusal. */
interface Refused {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Whether the node wants to be shown an admission first. */
export function asksForHello({ status }: Pick<Refused, 'status'>): boolean {
  return status === errorStatus.GOSSIP_E_NOT_ADMITTED;
}

const refusalSchema = v.object({
  code: v.fallback(v.string(), ''),
  message: v.fallback(v.string(), ''),
  reason: v.fallback(v.optional(v.string()), undefined),
});

/** What a refusal says, as far as it can be read; a code that is not known here is that of a request gone wrong. */
export function parseRefusal({ status, body }: Refused): Failure {
  const { code, message, reason } = read(refusalSchema, body) ?? { code: '', message: '' };
  const told = safeText(message, MAX_TOLD) || `status ${status}`;
  return {
    code: isErrorCode(code) ? code : 'GOSSIP_E_REQUEST',
    message: told,
    ...(reason !== undefined && { reason: safeText(reason, MAX_TOLD) }),
  };
}

const referralSchema = v.object(peerFields);

/** The peers that a busy source of code names. A bad one among good ones is dropped (attack B17). */
export function parseReferrals(body: Uint8Array): readonly Peer[] {
  const { referrals } = read(v.object({ referrals: v.array(v.unknown()) }), body) ?? { referrals: [] };
  return referrals.slice(0, MAX_REFERRALS).filter((each): each is Peer => v.is(referralSchema, each));
}

/** null: it is not to be read, and then the status has to do. */
function read<const Schema extends v.GenericSchema>(schema: Schema, body: Uint8Array): v.InferOutput<Schema> | null {
  try {
    return parseBody(schema, body, 'refusal', LIMITS);
  } catch {
    return null;
  }
}
