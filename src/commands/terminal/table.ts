/** Draws tables for a terminal: plain columns, no wider than the terminal, in colour where it has any. */
import { styleText } from 'node:util';
import { safeText } from '../../model/safe-text.ts';
import type { Cell, Table, Tone } from '../../operator/render/cells.ts';
import { columnWidths, fitTable, GAP } from '../../operator/render/fit.ts';
import { textWidth } from '../../operator/render/width.ts';
import { terminalColumns } from './columns.ts';

/** How tones look on a terminal. */
export const STYLES = { good: 'green', warn: 'yellow', bad: 'red', dim: 'dim' } as const satisfies Record<Tone, string>;
/**
 * Cells come from nodes: their control characters are escaped before anything is coloured (attack C11). What is no terminal, or one of
 * unknown width, gets everything. There may be thousands of rows: the time is that of writing them.
 */
export function drawTable(table: Table, columns = terminalColumns(Number.POSITIVE_INFINITY)): string {
  const safe = { ...table, rows: table.rows.map((row) => row.map((cell) => ({ ...cell, text: safeText(cell.text) }))) };
  const { head, rows, below } = fitTable(safe, columns);
  const widths = columnWidths({ head, rows });
  const line = (cells: readonly Cell[], styled: (cell: Cell) => string): string =>
    cells
      .map((cell, at) => styled(cell) + ' '.repeat(Math.max(0, (widths[at] ?? 0) - textWidth(cell.text))))
      .join(' '.repeat(GAP))
      .trimEnd();
  const lines = rows.map((row) => line(row, coloured));
  const title = line(
    head.map((text) => ({ text })),
    ({ text }) => styleText('bold', text),
  );
  return [title, ...lines.flatMap((each, index) => [each, below[index] ?? ''].filter((part, at) => at === 0 || part !== ''))].join('\n');
}

/** Lines, each one cell: escaped as those of tables. */
export function drawLines(lines: readonly Cell[]): string {
  return lines.map((cell) => coloured({ ...cell, text: safeText(cell.text) })).join('\n');
}

function coloured({ text, tone }: Cell): string {
  return tone === undefined ? text : styleText(STYLES[tone], text);
}
