/** What happens on nodes, out of what they log: a line that is an event of the node itself, by its kind. What modules print is none. */
import type { LogRecord } from '../../api/logs.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import type { JsonObject } from '../../sdk/json.ts';

/** In the order in which help lists them. */
export const EVENT_KINDS = [
  'deployment',
  'code',
  'module',
  'state',
  'backup',
  'strain',
  'peer',
  'root',
  'note',
  'alarm',
  'node',
  'trouble',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface NodeEvent {
  readonly kind: EventKind;
  /** As the node's log has it, such as `deployment-accepted`; of trouble the message. */
  readonly event: string;
  readonly level: LineLevel;
  /** Null where it is about none. */
  readonly module: string | null;
  readonly deployment: string | null;
  readonly fields: JsonObject;
}

/** The events of the protocol (`Note`), and those of the core around it, which are told in words. */
const KINDS: Readonly<Record<string, EventKind>> = {
  'deployment-accepted': 'deployment',
  'code-fetched': 'code',
  'module-state': 'module',
  'receive-failed': 'module',
  'request-failed': 'module',
  'instance failed': 'module',
  'state-dropped': 'state',
  'state-restored': 'state',
  checkpoint: 'state',
  'backup-rate': 'backup',
  strain: 'strain',
  stale: 'strain',
  'node-left': 'peer',
  'peer-met': 'peer',
  'peer-silent': 'peer',
  'peer-back': 'peer',
  'no peer can be reached': 'peer',
  'peers can be reached again': 'peer',
  'others cannot call this node': 'peer',
  'others can call this node again': 'peer',
  'this node is not let in': 'peer',
  'this node is let in': 'peer',
  'root-accepted': 'root',
  'note-accepted': 'note',
  alarm: 'alarm',
  conflict: 'alarm',
  ready: 'node',
  stopping: 'node',
  leaving: 'node',
};
/** What an instance failed at stands in the log of its module, beside what it printed. */
const OF_MODULES: ReadonlySet<string> = new Set(['receive-failed', 'request-failed', 'checkpoint']);

/** Null for a line that is no event. A warning or an error of the node that has no kind of its own is trouble. */
export function eventOf({ module, deployment, text, level, fields = {} }: LogRecord): NodeEvent | null {
  if (module !== null && !OF_MODULES.has(text)) return null;
  const kind = Object.hasOwn(KINDS, text) ? KINDS[text] : level === 'warn' || level === 'error' ? 'trouble' : undefined;
  if (kind === undefined) return null;
  return {
    kind,
    event: text,
    level,
    module: module ?? textIn(fields, 'module'),
    deployment: deployment ?? textIn(fields, 'deployment'),
    fields,
  };
}

function textIn(fields: JsonObject, key: string): string | null {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return typeof value === 'string' ? value : null;
}
