/**
 * How a node is asked to leave: the wish lies in its data directory when it is told to end. The answer tells a goodbye from a death, and stays until the
 * next start: whoever asks again hears that it has left.
 */
import * as v from 'valibot';
import { failure } from '../../api/status-parts.ts';
import type { Failure } from '../../model/errors.ts';
import { moduleName } from '../../model/forms.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Goodbye } from '../../runner/goodbyes.ts';
import { answerWish, clearWish, readWish, writeWish } from './wish-file.ts';

const FILE = 'leave';
const WISH = 'asked';
/** There once the node has begun to leave: a wish alone does not tell whether the signal came, for whoever asked may have been killed before it. */
const BEGUN = 'leaving';

/** What a node that left has kept of a module that should run on it. */
export interface LastState {
  readonly name: ModuleName;
  /** What ran last; the newest where nothing ran. */
  readonly deployment: string;
  /** Of the state that lies on the disk; null where none does, or it is not known. */
  readonly bytes: number | null;
  /** How old that state was when the node ended; null where none lies there. */
  readonly ageMs: number | null;
  /** Whether it is the state of the module's last moment. */
  readonly saved: boolean;
  /** Why it is not; null where it is. */
  readonly why: Failure | null;
}

export interface LeaveAnswer extends Goodbye {
  /** When it had said goodbye, in ms since 1970 by its clock; null where it ran an older program, which did not tell. */
  readonly at: number | null;
  readonly modules: readonly LastState[];
}

/** What whoever asked is told. */
export interface Left extends LeaveAnswer {
  /** It had left before, and was not started since. */
  readonly already: boolean;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Open: a newer version may tell more. */
const lastState = v.object({
  name: moduleName,
  deployment: v.string(),
  bytes: v.nullable(count),
  ageMs: v.nullable(count),
  saved: v.boolean(),
  why: failure,
});
const answer = v.object({ told: count, heard: count, at: v.optional(v.nullable(count), null), modules: v.array(lastState) });

/** Throws the system's error where the directory cannot be written to. */
export function wishLeave(dir: string): void {
  writeWish(dir, FILE, WISH);
}

export function isLeaveWished(dir: string): boolean {
  return readWish(dir, FILE) === WISH;
}

/** The node has begun to leave, whoever wanted it: from now on a signal would end it at once. */
export function beginLeave(dir: string): void {
  answerWish(dir, BEGUN, {});
}

export function isLeaveBegun(dir: string): boolean {
  return readWish(dir, BEGUN) !== null;
}

export function answerLeave(dir: string, told: LeaveAnswer): void {
  answerWish(dir, FILE, told);
}

/** What the node answered when it left; null where it has not since its last start. */
export function leaveAnswer(dir: string): LeaveAnswer | null {
  const text = readWish(dir, FILE);
  if (text === null || text === WISH) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answer), text);
  return parsed.success ? parsed.output : null;
}

/** At each start, which takes the goodbye back; and where an end was none. */
export function clearLeave(dir: string): void {
  clearWish(dir, FILE);
  clearWish(dir, BEGUN);
}
