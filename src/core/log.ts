/** The node's log: JSON lines, or one readable line per entry on a terminal, always on stderr. */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { safeText } from '../model/safe-text.ts';

export type { Logger } from 'pino';
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function makeLogger(options: { level: LogLevel; format: 'json' | 'pretty'; name: string }): Logger {
  const settings = { level: options.level, base: { node: options.name }, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(settings, options.format === 'pretty' ? prettyStream() : jsonStream());
}

/** Lines that wait for a disk to have room again; more are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** A log that cannot be written (full disk, reader gone) costs its lines, never the node. */
const lost = (): void => undefined;

function jsonStream(): DestinationStream {
  return pino.destination({ fd: 2, sync: true, maxLength: MAX_WAITING_BYTES }).on('error', lost);
}

const LEVEL_WORDS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const PLUMBING = new Set(['level', 'time', 'node', 'msg']);

function prettyStream(): DestinationStream {
  process.stderr.on('error', lost);
  return {
    write: (line) => {
      try {
        process.stderr.write(prettyLine(line));
      } catch {
        lost();
      }
    },
  };
}

/** `10:31:26 info  updated module=membership deployment=d2`; peers' strings cannot forge lines (attack C11). */
export function prettyLine(json: string): string {
  const entry = JSON.parse(json) as { level?: number; time?: string; msg?: string };
  const fields = Object.entries(entry).filter(([key]) => !PLUMBING.has(key));
  const words = fields.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const level = (LEVEL_WORDS[entry.level ?? 0] ?? '').padEnd(5);
  return `${safeText(`${(entry.time ?? '').slice(11, 19)} ${level} ${entry.msg ?? ''}${words.join('')}`)}\n`;
}
