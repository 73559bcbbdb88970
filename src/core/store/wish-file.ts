/**
 * How a running node is asked for something by whoever may write to its data directory: a file that lies there when a signal comes. What came of it is written
 * into the file.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsence } from './files/file-system.ts';

type Name = 'leave' | 'leaving' | 'log-level';

/** The states of thousands of modules are told in it. */
const MAX_CHARACTERS = 4 * 1_024 * 1_024;

/** Throws the system's error where the directory cannot be written to. */
export function writeWish(dir: string, name: Name, text: string): void {
  writeFileSync(join(dir, name), text, { mode: 0o600 });
}

/** The wish, or its answer; null where there is neither. */
export function readWish(dir: string, name: Name): string | null {
  try {
    return readFileSync(join(dir, name), 'utf8').slice(0, MAX_CHARACTERS);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/** The node answers; it goes on all the same where it cannot. */
export function answerWish(dir: string, name: Name, answer: object): void {
  try {
    writeWish(dir, name, JSON.stringify(answer));
  } catch {
    // The disk is full: whoever asked finds his own word there, and takes it for no answer.
  }
}

/** At the end of it all; and at each start, for a wish is of the run that it was made in. */
export function clearWish(dir: string, name: Name): void {
  rmSync(join(dir, name), { force: true, recursive: true });
}
