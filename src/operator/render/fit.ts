/** Makes a table fit a terminal: a last column that is too long moves below its rows, then what can be spared goes. */
import type { Cell, Table } from './cells.ts';
import { textWidth } from './width.ts';

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
  return { ...fitted, below };
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
