/** The node's log: JSON lines, or one readable line per entry on a terminal, always on stderr. */
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { LogLevel } from '../../model/log-level.ts';
import { safeJson, safeText } from '../../model/safe-text.ts';
import { MAX_WAITING_BYTES, Outlet } from './outlet.ts';

export type { Logger } from 'pino';

export function makeLogger(options: { level: LogLevel; format: 'json' | 'pretty'; name: string }): Logger {
  const settings = { level: options.level, base: { node: options.name }, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  const log: Logger = pino(
    settings,
    isFile(STDERR)
      ? fileStream(options.format)
      : outletStream(options.format, (dropped) => log.warn({ dropped }, 'nobody took the log; lines are lost')),
  );
  return log;
}

const STDERR = 2;
/** A log that cannot be written (full disk, reader gone) costs its lines, never the node. */
const lost = (): void => undefined;

/** A disk takes what it is given, or refuses: there is no reader that could stand still. */
function isFile(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || (stat.isCharacterDevice() && !isatty(fd));
  } catch {
    return false;
  }
}

function fileStream(format: 'json' | 'pretty'): DestinationStream {
  const file = pino.destination({ fd: STDERR, sync: true, maxLength: MAX_WAITING_BYTES }).on('error', lost);
  return { write: (line) => void file.write(LINES[format](line)) };
}

function outletStream(format: 'json' | 'pretty', onRoom: (dropped: number) => void): DestinationStream {
  const outlet = new Outlet(process.stderr, onRoom);
  return { write: (line) => outlet.write(LINES[format](line)) };
}

const LEVEL_WORDS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const PLUMBING = new Set(['level', 'time', 'node', 'msg']);

/** What pino makes is JSON, and no more: it leaves in what turns text, and halves of characters (attacks C11, C12). */
export function jsonLine(json: string): string {
  return `${safeJson(JSON.parse(json))}\n`;
}

/** `10:31:26 info  updated module=membership deployment=d2`; peers' strings cannot forge lines (attack C11). */
export function prettyLine(json: string): string {
  const entry = JSON.parse(json) as { level?: number; time?: string; msg?: string };
  const fields = Object.entries(entry).filter(([key]) => !PLUMBING.has(key));
  const words = fields.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const level = (LEVEL_WORDS[entry.level ?? 0] ?? '').padEnd(5);
  return `${safeText(`${(entry.time ?? '').slice(11, 19)} ${level} ${entry.msg ?? ''}${words.join('')}`)}\n`;
}

const LINES = { json: jsonLine, pretty: prettyLine } as const;
