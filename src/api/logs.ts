/**
 * What a node is asked of its logs, and how it answers: a line of JSON for each record, empty lines as heartbeats, and its own remarks on what is missing and how
 * far it has told.
 */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { moduleName } from '../model/forms.ts';
import type { ModuleName } from '../model/names.ts';
import { LINE_LEVELS } from '../sdk/log-level.ts';
import type { LineLevel } from '../sdk/log-level.ts';
import type { JsonObject } from '../sdk/json.ts';
import { jsonBody, parseBody } from './body.ts';

export const MAX_LOG_QUESTION_BYTES = 1_024;
export const LOG_TYPE = 'application/x-ndjson';
/** Most records that are asked for by their number. */
export const MAX_LOG_LINES = 10_000;
/** The longest line of a record. */
export const MAX_RECORD_BYTES = 32 * 1024;

/** Which start of the node a record is of, and its number there. Written `7-123`. */
export interface LogPlace {
  readonly incarnation: number;
  readonly number: number;
}

export interface LogQuestion {
  /** Null: the node's own lines, and those of all modules. */
  readonly module: ModuleName | null;
  /** The least that is told. */
  readonly level: LineLevel;
  /** Nothing older by the node's clock. */
  readonly ageMs: number | null;
  /** Nothing from before this time, in milliseconds since 1970. */
  readonly since: number | null;
  /** The last so many; null: all. */
  readonly lines: number | null;
  /** What comes after this record alone; then `lines` does not count. */
  readonly after: LogPlace | null;
  /** Goes on with what will be logged. */
  readonly follow: boolean;
}

/** A line of the node's own log (`module` null), or of a module's. */
export interface LogRecord {
  /** Its place: `7-123`. */
  readonly at: string;
  /** ISO 8601, by the node's clock. */
  readonly time: string;
  readonly level: LineLevel;
  readonly module: string | null;
  /** What ran then. */
  readonly deployment: string | null;
  readonly text: string;
  readonly fields?: JsonObject;
}

export type LogLine =
  | { readonly type: 'record'; readonly record: LogRecord }
  /** So many records are missing here; null where nobody knows. */
  | { readonly type: 'lost'; readonly lost: number | null }
  /** All is told up to here. */
  | { readonly type: 'told'; readonly at: string };

const count = (most: number) => v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(most)));
const place = v.pipe(
  v.string(),
  v.check((text) => parseLogPlace(text) !== null, 'no place in a log'),
);
const questionSchema = v.object({
  module: v.nullable(moduleName),
  level: v.picklist(LINE_LEVELS),
  ageMs: count(Number.MAX_SAFE_INTEGER),
  since: count(Number.MAX_SAFE_INTEGER),
  lines: count(MAX_LOG_LINES),
  after: v.nullable(place),
  follow: v.boolean(),
});

export function encodeLogQuestion(question: LogQuestion): Uint8Array {
  const { after } = question;
  return jsonBody({ ...question, after: after === null ? null : placeText(after) });
}

export function parseLogQuestion(body: Uint8Array): LogQuestion {
  const { after, ...rest } = parseBody(questionSchema, body, 'question for logs', { maxBytes: MAX_LOG_QUESTION_BYTES, maxDepth: 2 });
  return { ...rest, after: after === null ? null : parseLogPlace(after) };
}

const PLACE = /^(\d{1,15})-(\d{1,15})$/;

/** Null for what is no place. */
export function parseLogPlace(text: string): LogPlace | null {
  const [, incarnation, number] = PLACE.exec(text) ?? [];
  return incarnation === undefined || number === undefined ? null : { incarnation: Number(incarnation), number: Number(number) };
}

export function placeText({ incarnation, number }: LogPlace): string {
  return `${incarnation}-${number}`;
}

export function isAfter(one: LogPlace, other: LogPlace): boolean {
  return one.incarnation === other.incarnation ? one.number > other.number : one.incarnation > other.incarnation;
}

/** As nodes write it: whoever shows it need not look at it again. */
const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const recordSchema = v.object({
  at: place,
  time: v.pipe(v.string(), v.regex(TIME, 'no time in UTC')),
  level: v.picklist(LINE_LEVELS),
  module: v.nullable(moduleName),
  deployment: v.nullable(v.string()),
  text: v.string(),
  fields: v.optional(v.record(v.string(), v.unknown())),
});
const lineSchema = v.union([
  v.object({ told: place }),
  v.object({ lost: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))) }),
  recordSchema,
]);

const LINE_LIMITS = { maxBytes: MAX_RECORD_BYTES, maxDepth: 32 };

/** What a line of an answer says; throws on one that is none. Records of later versions may have more fields. */
export function parseLogLine(line: Uint8Array): LogLine {
  const said = parseBody(lineSchema, line, 'line of a log', LINE_LIMITS);
  if ('told' in said) return { type: 'told', at: said.told };
  return 'lost' in said ? { type: 'lost', lost: said.lost } : { type: 'record', record: said as LogRecord };
}

/** A record as it lies in a file; null for what is none, such as half a line that a crash left. */
export function readRecord(line: string): LogRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    return v.is(recordSchema, value) ? (value as LogRecord) : null;
  } catch {
    return null;
  }
}

export function toldLine(at: LogPlace): string {
  return `${JSON.stringify({ told: placeText(at) })}\n`;
}

export function lostLine(lost: number | null): string {
  return `${JSON.stringify({ lost })}\n`;
}

/** Nodes of before keep no logs that could be asked for. */
export function notKept(name: string): GossipError {
  return new GossipError('GOSSIP_E_NOT_FOUND', `${name} runs a version of before, which keeps no logs to be read`);
}
