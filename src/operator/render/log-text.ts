/** A line of a log for people: `12:03:04.123 node3 membership@d2 warn  text`. */
import type { LogRecord } from '../../api/logs.ts';
import { fieldWords } from '../../model/field-words.ts';
import { safeText } from '../../model/safe-text.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import type { NodeLine } from '../logs/follow.ts';
import type { Tone } from './cells.ts';
import { shortHash } from './cells.ts';

export const LEVEL_TONES: Readonly<Record<LineLevel, Tone | null>> = { debug: 'dim', info: null, warn: 'warn', error: 'bad' };

/** In parts, of which the level may be coloured; each is safe for a terminal. `today`: the date (UTC) that need not be said; null to leave the time out. */
export function logParts(
  line: NodeLine,
  today: string | null,
): { readonly before: string; readonly level: string; readonly after: string } {
  const name = safeText(line.node.name || shortHash(line.node.id));
  if (!('record' in line)) return { before: `… ${name}: `, level: '', after: lostWords(line.lost) };
  const { time, level, module, deployment, text, fields = {} } = line.record;
  const clock = today === null ? '' : clockText(time, today);
  const who = module === null ? 'node' : `${module}${deployment === null ? '' : `@${deployment}`}`;
  return {
    before: `${clock}${name} ${safeText(who, 100)} `,
    level: level.padEnd(5),
    after: ` ${safeText(`${text}${fieldWords(fields)}`)}`,
  };
}

/** `12:03:04.123 ` of today, and with its date of another day. `time`: ISO 8601. */
export function clockText(time: string, today: string): string {
  return time.startsWith(today) ? `${time.slice(11, 23)} ` : `${time.slice(0, 23).replace('T', ' ')} `;
}

/** What a node no longer keeps. */
export interface LostLine {
  readonly node: string;
  readonly id: string;
  /** How many lines; null where nobody knows. */
  readonly lost: number | null;
}

export interface PrintedLine extends LogRecord {
  readonly node: string;
  readonly id: string;
}

/** For programs: one object a line. */
export function logJson(line: NodeLine): PrintedLine | LostLine {
  const { name, id, address } = line.node;
  const node = { node: name || address, id };
  if (!('record' in line)) return { ...node, lost: line.lost };
  const { at, time, level, module, deployment, text, fields } = line.record;
  return { time, ...node, module, deployment, level, text, ...(fields && { fields }), at };
}

/** How many lines are missing. */
export function lostWords(lost: number | null): string {
  return lost === null ? 'some lines are not kept any more' : `${lost} ${lost === 1 ? 'line' : 'lines'} lost`;
}
