/**
 * The wire form of what cores say to each other: messages to HTTP and back. The border of the protocol: sizes, counts
 * and forms are checked here, and a record is a record only once `verify` took it (law 2).
 */
import * as v from 'valibot';
import { jsonBody, parseBody } from '../api/body.ts';
import { HEADERS } from '../api/headers.ts';
import { parseRefusal, parseRevoked, refusalBody, revokedBody, REVOKED_STATUS } from '../api/refusal.ts';
import { callTo, findRoute, MAX_CONFIGURATION_BYTES } from '../api/routes.ts';
import type { RouteCall } from '../api/routes.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import { MAX_SEQUENCE } from '../model/deployment-number.ts';
import { GossipError } from '../model/errors.ts';
import { unavailableText } from '../model/exchange-reason.ts';
import { payloadHash, peerFields } from '../model/forms.ts';
import { isModuleName, isNodeId } from '../model/names.ts';
import type { Address, NodeId } from '../model/names.ts';
import { saidBytes } from '../sdk/carried.ts';
import { MAX_MESSAGE_BYTES } from '../sdk/limits.ts';
import { MAX_BACK, MAX_LEFT, MAX_NOTES_TOLD, MAX_PEERS, MAX_RECORDS, MAX_STEPS, MAX_TIPS } from './cut.ts';
import { noteOrNone, readBy } from './read-signed.ts';
import type { NotesSent } from './read-signed.ts';
import type { Trust, Verify } from '../trust/trust.ts';
import { MAX_NOTES_HELD } from './note-book.ts';
import { DIGEST } from './digest.ts';
import type { Digest } from './digest.ts';
import type { GossipAnswer, GossipRequest, NotesTold, RootTold, Spoken } from './messages.ts';
import { formatStamp, parseStamp } from './stamp.ts';
import { MAX_SUMMARY } from './summary.ts';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came in: headers as a map with lower-case names. */
export type Received<Sent> = Omit<Sent, 'headers'> & { readonly headers: ReadonlyMap<string, string> };
export type ReceivedRequest = Received<WireRequest>;
export type ReceivedAnswer = Received<WireAnswer>;

const LIMITS = { maxBytes: MAX_CONFIGURATION_BYTES, maxDepth: 8 };

const INCARNATION = /^\d{1,15}$/;

const digest = v.pipe(v.string(), v.regex(DIGEST));
const summary = v.pipe(v.array(payloadHash), v.maxLength(MAX_SUMMARY));
const envelopes = v.pipe(v.array(v.unknown()), v.maxLength(MAX_RECORDS));
/** Open, so that a later version may say more of a peer. The name is for people: one of another form is left out. */
const hint = v.object({
  ...peerFields,
  name: v.fallback(peerFields.name, ''),
  claimed: v.fallback(v.optional(v.literal(true)), undefined),
});
/** A bad hint among good ones is dropped, and not the message with what the cluster must run (attack B17). */
const peers = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_PEERS),
  v.transform((told) => told.filter((each) => v.is(hint, each)).map((each) => v.parse(hint, each))),
);
const root = v.optional(
  v.object({
    version: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SEQUENCE)),
    hash: payloadHash,
    steps: v.pipe(v.array(v.unknown()), v.maxLength(MAX_STEPS)),
  }),
);
const notes: v.GenericSchema<unknown, NotesSent | undefined> = v.optional(
  v.object({
    digest,
    known: v.optional(v.pipe(v.array(payloadHash), v.maxLength(MAX_NOTES_HELD))),
    envelopes: v.pipe(v.array(v.unknown()), v.maxLength(MAX_NOTES_TOLD)),
  }),
);
const requestSchema = v.object({ digest, summary: v.nullable(summary), records: envelopes, peers, root, notes });
const answerSchema = v.object({
  digest,
  records: envelopes,
  lacking: summary,
  fresh: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_RECORDS)),
  peers,
  root,
  notes,
});
const mismatchSchema = v.object({ stamp: v.nullable(v.pipe(v.string(), v.maxLength(128))), records: envelopes, root });

/** `self`: where this node listens, told with every exchange; `incarnation`: which of its starts this is, told with configurations. */
export function encodeRequest(message: GossipRequest, self: Address, incarnation?: number): WireRequest & RouteCall {
  const address = { [HEADERS.address]: self };
  if (message.kind === 'exchange') {
    const headers = { [HEADERS.deployment]: formatStamp(message.stamp), [HEADERS.digest]: message.digest, ...address };
    return { ...callTo('exchange', { module: message.module }), headers, body: message.body };
  }
  const { digest: ours, summary: known, peers: told } = message;
  const body = jsonBody({ digest: ours, summary: known, records: envelopesOf(message.records), peers: told, ...beside(message) });
  const start = incarnation === undefined ? {} : { [HEADERS.incarnation]: String(incarnation) };
  const sought = message.sought === undefined ? {} : { [HEADERS.sought]: message.sought };
  const headers = { ...address, ...start, ...sought, ...spokenHeaders(message) };
  return { ...callTo('exchange-configuration'), headers, body };
}

/** Which of its starts the sender is in, by its own account; null when it does not say, as older versions do not. */
export function incarnationOf(headers: ReadonlyMap<string, string>): number | null {
  const text = headers.get(HEADERS.incarnation) ?? '';
  return INCARNATION.test(text) ? Number(text) : null;
}

/** `by` checks records; a node gives its `Trust`, with which steps of the root are read first. */
export function decodeRequest({ method, path, headers, body }: ReceivedRequest, by: Verify | Trust): GossipRequest {
  const asked = findRoute(method, path);
  if (asked?.name === 'exchange-configuration') {
    const message = parse(requestSchema, body);
    return {
      kind: 'configuration',
      digest: message.digest,
      summary: message.summary,
      ...readBy(by, message),
      peers: message.peers,
      ...soughtIn(headers),
      ...spokenIn(headers),
    };
  }
  if (asked?.name !== 'exchange') throw malformed('this is no message between nodes');
  const module = asked.parameters.get('module') ?? '';
  if (!isModuleName(module)) throw malformed('the path names no module');
  checkSize('message', body);
  return { kind: 'exchange', module, stamp: parseStamp(headers.get(HEADERS.deployment) ?? ''), digest: digestOf(headers), body };
}

export function encodeAnswer(answer: GossipAnswer): WireAnswer {
  if (answer.kind === 'revoked') return { status: REVOKED_STATUS, headers: {}, body: revokedBody(answer.note?.envelope ?? null) };
  if (answer.kind === 'configuration') {
    const { digest: ours, lacking, fresh, peers: told } = answer;
    return {
      status: 200,
      headers: spokenHeaders(answer),
      body: jsonBody({ digest: ours, records: envelopesOf(answer.records), lacking, fresh, peers: told, ...beside(answer) }),
    };
  }
  const headers = { [HEADERS.digest]: answer.digest };
  if (answer.kind === 'answer') return { status: 200, headers, body: answer.body };
  if (answer.kind === 'unavailable')
    return { status: 503, headers, body: refusalBody({ code: answer.reason, message: unavailableText(answer.reason) }) };
  return {
    status: 409,
    headers,
    body: jsonBody({ stamp: answer.stamp && formatStamp(answer.stamp), records: envelopesOf(answer.records), root: rootSent(answer) }),
  };
}

/** What the answer to `asked` says. An answer that is no message of the protocol throws the error that it carries. */
export function decodeAnswer(asked: GossipRequest, { status, headers, body }: ReceivedAnswer, by: Verify | Trust): GossipAnswer {
  const shown = parseRevoked({ status, body });
  if (shown !== null) return { kind: 'revoked', note: noteOrNone(shown.note, by) };
  if (asked.kind === 'configuration') return { ...decodeConfiguration(status, body, by), ...spokenIn(headers) };
  if (!headers.has(HEADERS.digest)) throw errorOf(status, body);
  const theirs = digestOf(headers);
  if (status === 200) {
    checkSize('answer', body);
    return { kind: 'answer', digest: theirs, body };
  }
  if (status === 409) {
    const { stamp, ...told } = parse(mismatchSchema, body);
    return { kind: 'mismatch', digest: theirs, stamp: stamp === null ? null : parseStamp(stamp), ...readBy(by, told) };
  }
  if (status === 503) return { kind: 'unavailable', digest: theirs, reason: errorOf(status, body).code };
  throw errorOf(status, body);
}

function decodeConfiguration(status: number, body: Uint8Array, by: Verify | Trust): Extract<GossipAnswer, { kind: 'configuration' }> {
  if (status !== 200) throw errorOf(status, body);
  const answer = parse(answerSchema, body);
  return {
    kind: 'configuration',
    digest: answer.digest,
    ...readBy(by, answer),
    lacking: answer.lacking,
    fresh: answer.fresh,
    peers: answer.peers,
  };
}

/** In headers, for nodes of version 0.1 refuse a body that has more than they know, and pass over such a header. */
function spokenHeaders({ left = [], back = [], tips = [] }: Spoken): Record<string, string> {
  return {
    ...(left.length > 0 && { [HEADERS.left]: left.join(' ') }),
    ...(back.length > 0 && { [HEADERS.back]: back.join(' ') }),
    ...(tips.length > 0 && { [HEADERS.tips]: tips.join(' ') }),
  };
}

/** What is none of these is found out by whoever checks the signature. */
function spokenIn(headers: ReadonlyMap<string, string>): Spoken {
  const lines = (header: string, most: number): readonly string[] | undefined => headers.get(header)?.split(' ').slice(0, most);
  const [left, back, tips] = [lines(HEADERS.left, MAX_LEFT), lines(HEADERS.back, MAX_BACK), lines(HEADERS.tips, MAX_TIPS)];
  return { ...(left && { left }), ...(back && { back }), ...(tips && { tips }) };
}

function soughtIn(headers: ReadonlyMap<string, string>): { readonly sought?: NodeId } {
  const sought = headers.get(HEADERS.sought);
  return sought !== undefined && isNodeId(sought) ? { sought } : {};
}

/** Which root the answerer of a configuration message holds, for operators' commands; null: it does not say. */
export function parseRootTold(body: Uint8Array): Pick<RootTold, 'version' | 'hash'> | null {
  return parse(v.object({ root }), body).root ?? null;
}

function rootSent({ root: told }: { readonly root?: RootTold | undefined }): Omit<RootTold, 'reached'> | undefined {
  return told && { version: told.version, hash: told.hash, steps: told.steps };
}

/** Which notes about nodes the answerer of a configuration message holds, for operators' commands, not verified; null: it does not know of them. */
export function parseNotesTold(body: Uint8Array): NotesSent | null {
  return parse(v.object({ notes }), body).notes ?? null;
}

/** What goes along with the records. */
function beside(message: {
  readonly root?: RootTold | undefined;
  readonly notes?: NotesTold | undefined;
}): Readonly<Record<string, unknown>> {
  const told = message.notes;
  return {
    root: rootSent(message),
    notes: told && { digest: told.digest, known: told.known, envelopes: told.notes.map(({ envelope }) => envelope) },
  };
}

/** Of a module's body, whether JSON or bytes. */
function checkSize(what: string, body: Uint8Array): void {
  const bytes = saidBytes(body);
  if (bytes > MAX_MESSAGE_BYTES)
    throw new GossipError('GOSSIP_E_TOO_LARGE', `a module's ${what} of ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed`);
}

function digestOf(headers: ReadonlyMap<string, string>): Digest {
  const text = headers.get(HEADERS.digest) ?? '';
  if (!DIGEST.test(text)) throw malformed('malformed gossip-digest header');
  return text;
}

/** The coded error in a refusal's body; its words are the peer's and are not repeated. */
function errorOf(status: number, body: Uint8Array): GossipError {
  return new GossipError(parseRefusal({ status, body }).code, `the peer answered ${status}`);
}

function parse<const Schema extends v.GenericSchema>(schema: Schema, body: Uint8Array): v.InferOutput<Schema> {
  return parseBody(schema, body, 'message', LIMITS);
}

function envelopesOf(records: readonly VerifiedDeployment[]): unknown[] {
  return records.map(({ envelope }) => envelope);
}

function malformed(message: string): GossipError {
  return new GossipError('GOSSIP_E_REQUEST', message);
}
