/**
 * How a node is asked to leave, by whoever may write to its data directory: a file that lies there when it is told to end. What came of it is written into
 * the file, so that whoever asked can tell a goodbye from a death.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Goodbye } from '../../runner/goodbyes.ts';
import { isAbsence } from './files/file-system.ts';

const FILE = 'leave';
const WISH = 'asked';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const goodbye = v.object({ told: count, heard: count });

/** Throws the system's error where the directory cannot be written to. */
export function wishLeave(dir: string): void {
  writeFileSync(join(dir, FILE), WISH, { mode: 0o600 });
}

export function isLeaveWished(dir: string): boolean {
  return read(dir) === WISH;
}

/** The node answers; it leaves all the same where it cannot. */
export function answerLeave(dir: string, answer: Goodbye): void {
  try {
    writeFileSync(join(dir, FILE), JSON.stringify(answer), { mode: 0o600 });
  } catch {
    // The disk is full: whoever asked finds his own word there, and takes it for no goodbye.
  }
}

/** What the node has answered; null where it has not. */
export function leaveAnswer(dir: string): Goodbye | null {
  const text = read(dir);
  if (text === null || text === WISH) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), goodbye), text);
  return parsed.success ? parsed.output : null;
}

/** At the end of it all; and at each start, for a wish is of the run that it was made in. */
export function clearLeave(dir: string): void {
  rmSync(join(dir, FILE), { force: true, recursive: true });
}

function read(dir: string): string | null {
  try {
    return readFileSync(join(dir, FILE), 'utf8').slice(0, 1_024);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}
