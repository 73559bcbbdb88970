/** Makes a table fit a terminal: a last column that is too long moves below its rows, then what can be spared goes, then the widest column is cut. */
import type { Cell, Table } from './cells.ts';
import { fitText, textWidth } from './width.ts';

export interface FittedTable extends Table {
  /** For each row what stands below it; empty where nothing does. */
  readonly below: readonly string[];
}

/** Blanks between two columns. */
export const GAP = 2;

export function fitTable(table: Table, columns: number): FittedTable {
  if (widthOf(table) <= columns) return { ...table, below: table.rows.map(() => '') };
  const last = table.head.length - 1;
  const below = table.rows.map((row) =>
    row[last] === undefined || row[last].text === '' ? '' : `  ${table.head[last]}: ${row[last].text}`,
  );
  let fitted = without(table, last);
  for (const spare of table.spare) {
    const index = fitted.head.indexOf(spare);
    if (widthOf(fitted) > columns && index >= 0) fitted = without(fitted, index);
  }
  return { ...cutWidest(fitted, columns), below };
}

/** What is left of a column that is cut: less would tell nothing apart. */
const LEAST_CUT = 12;

function cutWidest(table: Table, columns: number): Table {
  const excess = widthOf(table) - columns;
  const widths = columnWidths(table);
  const widest = widths.indexOf(Math.max(...widths));
  const width = Math.max(LEAST_CUT, (widths[widest] ?? 0) - excess);
  if (excess <= 0 || width >= (widths[widest] ?? 0)) return table;
  const cut = (cell: Cell): Cell => (textWidth(cell.text) <= width ? cell : { ...cell, text: `${fitText(cell.text, width - 1)}…` });
  return { ...table, rows: table.rows.map((row): readonly Cell[] => row.map((cell, at) => (at === widest ? cut(cell) : cell))) };
}

/** Of the widest text in each column. */
export function columnWidths({ head, rows }: Pick<Table, 'head' | 'rows'>): readonly number[] {
  return head.map((title, index) => rows.reduce((widest, row) => Math.max(widest, textWidth(row[index]?.text ?? '')), textWidth(title)));
}

function widthOf(table: Table): number {
  const widths = columnWidths(table);
  return widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, widths.length - 1);
}

function without(table: Table, index: number): Table {
  const kept = (_: unknown, at: number): boolean => at !== index;
  return { ...table, head: table.head.filter(kept), rows: table.rows.map((row): readonly Cell[] => row.filter(kept)) };
}
