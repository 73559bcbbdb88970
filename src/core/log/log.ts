/** The node's log: JSON lines, or one readable line per entry on a terminal, always on stderr. */
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { fieldWords } from '../../model/field-words.ts';
import type { LogLevel } from '../../model/log-level.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import { safeJson, safeText } from '../../model/safe-text.ts';
import { MAX_WAITING_BYTES, Outlet } from './outlet.ts';

export type { Logger } from 'pino';

/** Where the node's own lines are kept for operators; those of modules are kept by themselves. */
export interface Keeper {
  append(module: null, logged: { level: LineLevel; deployment: null; text: string; fields?: JsonObject }): void;
}

/** Says that a line is a module's. */
export const MODULE_LOG = 'module log';
/** What an instance failed at; of one that ended, it stands where it ended. */
const MODULE_ERRORS: ReadonlySet<string> = new Set(['receive-failed', 'request-failed', 'checkpoint']);

/** Whether it is kept in the log of the module, and not in the node's own beside it. */
export function isModuleError(event: string, level: LineLevel): boolean {
  return level === 'error' && MODULE_ERRORS.has(event);
}

export function makeLogger(options: { level: LogLevel; format: 'json' | 'pretty'; name: string; keep?: Keeper }): Logger {
  const settings = { level: options.level, base: { node: options.name }, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  const stream = isFile(STDERR)
    ? fileStream(options.format)
    : outletStream(options.format, (dropped) => log.warn({ dropped }, 'nobody took the log; lines are lost'));
  const { keep } = options;
  const both = { write: (line: string) => (stream.write(line), keep && keepLine(keep, line)) };
  const log: Logger = pino(settings, both);
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
  const words = fieldWords(Object.fromEntries(Object.entries(entry).filter(([key]) => !PLUMBING.has(key))));
  const level = (LEVEL_WORDS[entry.level ?? 0] ?? '').padEnd(5);
  return `${safeText(`${(entry.time ?? '').slice(11, 19)} ${level} ${entry.msg ?? ''}${words}`)}\n`;
}

const KEPT_LEVELS: Readonly<Record<number, LineLevel>> = { 10: 'debug', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'error' };

function keepLine(keep: Keeper, json: string): void {
  const { level, msg: text = '', ...rest } = JSON.parse(json) as { level: number; msg?: string } & JsonObject;
  const kept = KEPT_LEVELS[level] ?? 'info';
  if (text === MODULE_LOG || isModuleError(text, kept)) return;
  const fields = Object.fromEntries(Object.entries(rest).filter(([key]) => !PLUMBING.has(key)));
  keep.append(null, { level: kept, deployment: null, text, fields });
}

const LINES = { json: jsonLine, pretty: prettyLine } as const;
