/** The status of a cluster as text for a terminal or a pipe. */
import { safeText } from '../../model/safe-text.ts';
import { groupTable, MOST_LISTED } from '../../operator/render/group-table.ts';
import { statusLines } from '../../operator/render/status-lines.ts';
import { statusTable } from '../../operator/render/status-table.ts';
import { filterStatus } from '../../operator/status/filter.ts';
import type { StatusFilter } from '../../operator/status/filter.ts';
import { isAway } from '../../operator/status/status.ts';
import type { ClusterStatus } from '../../operator/status/status.ts';
import { drawTable } from './table.ts';

export interface PictureOptions extends StatusFilter {
  /** Also those that have left, or are gone. */
  readonly all?: boolean | undefined;
  /** A line for each node, however many. */
  readonly nodes?: boolean | undefined;
}

/** Of how many nodes and what is wrong; the table; what else is to be known. `columns`: by default those of the terminal. */
export function statusPicture(status: ClusterStatus, options: PictureOptions, columns?: number): string {
  const { module, state, stale = false, nodes = false } = options;
  const lines = statusLines(status, module);
  const isListed = nodes || stale || state !== undefined;
  const isFiltered = module !== undefined || state !== undefined || stale;
  const shown = isFiltered ? filterStatus(status, options) : status;
  const all = options.all === true || state === 'gone' || state === 'left';
  const count = all ? shown.nodes.length : shown.nodes.filter((node) => !isAway(node)).length;
  const table = isListed || count <= MOST_LISTED ? statusTable(shown, { all }) : groupTable(shown, { all });
  const drawn = isFiltered && table.rows.length === 0 ? `no node that answered is like that` : drawTable(table, columns);
  const text = (some: readonly string[]): string[] => some.map((line) => safeText(line));
  return [...text([...lines.head, ...lines.wrong]), '', drawn, ...(lines.notes.length === 0 ? [] : ['', ...text(lines.notes)])].join('\n');
}
