/** What the modules of the lab log, as it comes. */
import type { LabNode } from '../../lab/lab-file.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import type { NodeLine } from '../logs/follow.ts';
import { logAccess } from '../logs/access.ts';
import { mergedLogs } from '../logs/merge.ts';
import type { Session } from '../settings/session.ts';
import type { DevEvent } from './events.ts';

export interface LogFollowing {
  readonly session: Pick<Session, 'cluster' | 'client' | 'keyOwner'>;
  readonly nodes: readonly LabNode[];
  /** The least that is told. */
  readonly level: LineLevel;
  readonly signal: AbortSignal;
  readonly tell: (event: DevEvent) => void;
}

/** Resolves when it is told to stop. The nodes' own lines are left out: what they say of the module is told otherwise. */
export async function followLogs({ session, nodes, level, signal, tell }: LogFollowing): Promise<void> {
  const question = { module: null, level, ageMs: null, since: null, lines: 0, after: null, follow: true };
  const remark = (_: unknown, why: Error): void => tell({ event: 'remark', text: `logs: ${why.message}` });
  for await (const line of mergedLogs({ api: await logAccess(session), nodes, question, signal, onBreak: remark, onSilent: remark })) {
    if (signal.aborted) return;
    if (!('record' in line) || line.record.module !== null) tell({ event: 'log', line: own(line) });
  }
}

/** Where nodes keep the code that they run: by its source map, places lie there beside it. */
const CHECKOUT = /(?:file:\/\/)?\/[^\s()]*\/content\/checkout\/[0-9a-f]{64}\//g;

/** Places as they are in the project. */
export function own(line: NodeLine): NodeLine {
  if (!('record' in line)) return line;
  return { ...line, record: { ...line.record, text: line.record.text.replaceAll(CHECKOUT, '') } };
}
