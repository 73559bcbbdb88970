/** How a node is asked to leave: the wish lies in its data directory when it is told to end. The answer tells a goodbye from a death. */
import * as v from 'valibot';
import type { Goodbye } from '../../runner/goodbyes.ts';
import { answerWish, clearWish, readWish, writeWish } from './wish-file.ts';

const FILE = 'leave';
const WISH = 'asked';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const goodbye = v.object({ told: count, heard: count });

/** Throws the system's error where the directory cannot be written to. */
export function wishLeave(dir: string): void {
  writeWish(dir, FILE, WISH);
}

export function isLeaveWished(dir: string): boolean {
  return readWish(dir, FILE) === WISH;
}

export function answerLeave(dir: string, answer: Goodbye): void {
  answerWish(dir, FILE, answer);
}

/** What the node has answered; null where it has not. */
export function leaveAnswer(dir: string): Goodbye | null {
  const text = readWish(dir, FILE);
  if (text === null || text === WISH) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), goodbye), text);
  return parsed.success ? parsed.output : null;
}

export function clearLeave(dir: string): void {
  clearWish(dir, FILE);
}
