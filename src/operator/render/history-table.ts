/** The history as a table, newest first. */
import type { HistoryEntry } from '../status/history.ts';
import type { Table } from './cells.ts';
import { shortHash } from './cells.ts';

const HASH = /(?<![0-9a-f])(?:sha256:)?[0-9a-f]{64}(?![0-9a-f])/g;
const HEAD = ['deployment', 'module', 'version', 'code', 'issued', 'author', 'entered at', 'what', 'message'] as const;

export function historyTable(entries: readonly HistoryEntry[]): Table {
  return {
    head: HEAD,
    spare: ['code', 'entered at', 'version', 'author'],
    rows: entries.map((entry) => [
      { text: entry.deployment },
      { text: entry.module },
      { text: entry.version ?? '-' },
      { text: entry.code === null ? '-' : shortHash(entry.code) },
      { text: entry.issued.replace('T', ' ').replace(/\.\d+Z$/, 'Z') },
      { text: entry.author },
      { text: entry.enteredAt },
      { text: kindOf(entry) },
      { text: withShortHashes(entry.message) },
    ]),
  };
}

/** A drill names by its hash what it took the place of: whole, it would make every row as wide. `--json` keeps it. */
function withShortHashes(message: string): string {
  return message.replace(HASH, shortHash);
}

function kindOf({ code, rollbackOf, scrub, superseded }: HistoryEntry): string {
  const origin = rollbackOf === null ? '' : `rollback to ${/^[0-9a-f]{64}$/.test(rollbackOf) ? shortHash(rollbackOf) : rollbackOf}`;
  return [code === null ? 'removal' : origin, scrub ? 'scrub' : '', superseded === null ? 'newest' : '']
    .filter((word) => word !== '')
    .join(', ');
}
