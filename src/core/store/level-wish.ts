/** How a running node is asked for another log level: the wish lies in its data directory when SIGUSR2 comes. */
import * as v from 'valibot';
import { LOG_LEVELS } from '../../model/log-level.ts';
import type { LogLevel } from '../../model/log-level.ts';
import { answerWish, clearWish, readWish, writeWish } from './wish-file.ts';

const FILE = 'log-level';

const level = v.picklist(LOG_LEVELS);
const change = v.object({ from: level, to: level });

export type LevelChange = v.InferOutput<typeof change>;

/** Throws the system's error where the directory cannot be written to. */
export function wishLevel(dir: string, to: LogLevel): void {
  writeWish(dir, FILE, to);
}

/** Null where none is wished for, or what lies there is none. */
export function wishedLevel(dir: string): LogLevel | null {
  const parsed = v.safeParse(level, readWish(dir, FILE));
  return parsed.success ? parsed.output : null;
}

export function answerLevel(dir: string, answer: LevelChange): void {
  answerWish(dir, FILE, answer);
}

/** What the node has answered; null where it has not, or its answer is being written. */
export function levelAnswer(dir: string): LevelChange | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), change), readWish(dir, FILE));
  return parsed.success ? parsed.output : null;
}

export function clearLevel(dir: string): void {
  clearWish(dir, FILE);
}
