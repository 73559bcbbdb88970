/** What a core and a module host say to each other: the headers of their frames, each a closed form. */
import * as v from 'valibot';
import type { JsonObject } from '../sdk/json.ts';
import type { StopReason } from '../sdk/module.ts';
import { peerFields } from '../model/forms.ts';
import type { Content } from '../model/content.ts';
import { MARK_BYTES } from '../sdk/carried.ts';
import { MAX_EVENT_BYTES, MAX_MESSAGE_BYTES, MAX_TOPIC, MAX_USES, MOST_STRAIN, USE_MS } from '../sdk/limits.ts';
import { MAX_PEER_NAME } from '../sdk/peer-form.ts';
import { MAX_BODY_BYTES } from './frames.ts';

/** Rises with every change of these forms: a core speaks with hosts of its own build alone, for both come in one package. */
export const HOST_PROTOCOL = 7;

/** Between the end of a host and the last bytes of its pipes: longer neither side waits for them. */
export const LAST_BYTES_MS = 1_000;
/** Longest text about a failure, in characters. */
const MAX_FAILURE_TEXT = 4_096;

/** Of events that are told at once: a slice of a stream is 64 KiB, and may end with one longer event. */
const MAX_WATCHED_BYTES = 256 * 1024;

const token = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
/** A module may call a peer as it likes, within this. */
const peer = v.strictObject({ ...peerFields, name: text(MAX_PEER_NAME) });
const jsonObject = v.custom<JsonObject>((input) => typeof input === 'object' && input !== null && !Array.isArray(input));
const reason = v.picklist(['mismatch', 'absent', 'unreachable', 'timeout', 'refused', 'failed']);

const form = v.picklist(['json', 'bytes'] satisfies readonly Content['form'][]);

const useFailure = v.strictObject({ code: text(64), message: text(MAX_FAILURE_TEXT), reason: v.optional(text(40)) });

const toHost = v.variant('type', [
  /** Holds the settings to the schema in the directory, before any code of the module runs. */
  v.strictObject({ type: v.literal('check-settings'), call: token, directory: text(4_096), settings: jsonObject }),
  /** Lets debuggers in by the second pipe, before the code is loaded; they see the files of the directory below the URL `sources`. Only to hosts that were started for it. */
  v.strictObject({ type: v.literal('open-debugger'), call: token, directory: text(4_096), sources: text(4_096) }),
  /** Imports the entry of the code in a directory, and constructs the instance. */
  v.strictObject({
    type: v.literal('load'),
    call: token,
    directory: text(4_096),
    entry: text(512),
    module: text(40),
    deployment: text(64),
    incarnation: token,
    instanceId: text(64),
    intervalMs: v.pipe(v.number(), v.minValue(1)),
    self: peer,
    settings: jsonObject,
    uses: v.pipe(v.array(text(40)), v.maxLength(MAX_USES)),
  }),
  /** Body: a state, as it is carried. */
  v.strictObject({ type: v.literal('accept'), call: token }),
  v.strictObject({ type: v.literal('activate'), call: token }),
  /** Body: a message of the same module on `from`, as it is carried. */
  v.strictObject({ type: v.literal('deliver'), call: token, from: peer }),
  /** Body: what an application asks, or the module `by`. */
  v.strictObject({ type: v.literal('request'), call: token, form, by: v.nullable(text(40)) }),
  v.strictObject({ type: v.literal('take-state'), call: token }),
  v.strictObject({ type: v.literal('inspect'), call: token }),
  /** Body: a JSON array of the peers that the module may draw; the first `near` of them are drawn first, the last `doubted` last. */
  v.strictObject({ type: v.literal('peers'), near: token, doubted: token }),
  /** How many times longer the rounds of the module are from now on, for the node has too much to do. */
  v.strictObject({ type: v.literal('strain'), level: v.pipe(v.number(), v.minValue(1), v.maxValue(MOST_STRAIN)) }),
  /** A connection to the peer ended, and neither side meant it. */
  v.strictObject({ type: v.literal('lost'), peer }),
  /** Outcome of an exchange. Body: the answer; empty when `failure` is not null. */
  v.strictObject({
    type: v.literal('reply'),
    exchange: token,
    failure: v.nullable(v.strictObject({ reason, message: text(MAX_FAILURE_TEXT), gone: v.boolean() })),
  }),
  /** Outcome of a `use`. Body: the answer; empty when `failure` is not null. */
  v.strictObject({ type: v.literal('used'), use: token, form, failure: v.nullable(useFailure) }),
  /** Body: events of a watched module, as watchers at the door get them; no more come before these are `taken`. */
  v.strictObject({ type: v.literal('watched'), watch: token }),
  /** Nothing more comes, for this reason; or, where the module wanted no more, null. */
  v.strictObject({ type: v.literal('unwatched'), watch: token, failure: v.nullable(useFailure) }),
  v.strictObject({ type: v.literal('ping'), ping: token }),
  v.strictObject({ type: v.literal('stop'), reason: v.picklist(['update', 'shutdown', 'removed'] satisfies readonly StopReason[]) }),
]);

const fromHost = v.variant('type', [
  /** The host process is up; no code of the module ran yet. Open, so that a host of any build can be told as one of another. */
  v.object({ type: v.literal('ready'), version: v.optional(text(64), ''), protocol: v.optional(token, 1) }),
  /** Outcome of a call. Body: what was asked for. */
  v.strictObject({ type: v.literal('done'), call: token, form: v.optional(form) }),
  /** `refusal`: of a request, what the module finds wrong with it; or that the module takes none at all. */
  v.strictObject({ type: v.literal('failed'), call: token, message: text(MAX_FAILURE_TEXT), refusal: v.optional(text(40)) }),
  /** The module asks for an exchange. Body: its message. */
  v.strictObject({ type: v.literal('exchange'), exchange: token, to: peer }),
  /** The module tells those that watch it. Body: JSON. */
  v.strictObject({ type: v.literal('publish'), topic: text(MAX_TOPIC) }),
  /** The module asks another one. Body: what it asks. */
  v.strictObject({
    type: v.literal('use'),
    use: token,
    module: text(40),
    form,
    timeoutMs: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(USE_MS)),
  }),
  /** The module watches another one: what it publishes from now on whose topic begins so. */
  v.strictObject({ type: v.literal('watch'), watch: token, module: text(40), topic: text(MAX_TOPIC) }),
  v.strictObject({ type: v.literal('taken'), watch: token }),
  v.strictObject({ type: v.literal('unwatch'), watch: token }),
  v.strictObject({ type: v.literal('pong'), ping: token, residentBytes: token }),
  /** Last words: an error that nobody caught. */
  v.strictObject({ type: v.literal('crash'), message: text(MAX_FAILURE_TEXT) }),
]);

export type ToHost = v.InferOutput<typeof toHost>;
export type FromHost = v.InferOutput<typeof fromHost>;
export type Greeting = Extract<FromHost, { type: 'ready' }>;

export function parseToHost(json: unknown): ToHost {
  return v.parse(toHost, json);
}

export function parseFromHost(json: unknown): FromHost {
  return v.parse(fromHost, json);
}

/** Largest message, as it is carried. */
export const MAX_CARRIED_MESSAGE = MAX_MESSAGE_BYTES + MARK_BYTES;

/** How long a body may follow this header on its way to the host. */
export function maxBodyToHost(header: ToHost): number {
  if (header.type === 'accept') return MAX_BODY_BYTES;
  if (header.type === 'watched') return MAX_WATCHED_BYTES;
  const takesMessage =
    header.type === 'deliver' ||
    header.type === 'request' ||
    header.type === 'peers' ||
    ((header.type === 'reply' || header.type === 'used') && header.failure === null);
  return takesMessage ? MAX_CARRIED_MESSAGE : 0;
}

/** Likewise on its way from the host; what answers a call may be as long as was said when it was made. */
export function maxBodyFromHost(header: FromHost, maxAnswerBytes: (call: number) => number): number {
  if (header.type === 'done') return maxAnswerBytes(header.call);
  if (header.type === 'publish') return MAX_EVENT_BYTES;
  return header.type === 'exchange' || header.type === 'use' ? MAX_CARRIED_MESSAGE : 0;
}

/** Cuts a text about a failure to the length that a frame may carry. */
export function boundedText(long: string): string {
  return long.length <= MAX_FAILURE_TEXT ? long : `${long.slice(0, MAX_FAILURE_TEXT - 1)}…`;
}
