/** Draws tables for a terminal: plain columns, as wide as it is, coloured where it can. */
import { createRequire } from 'node:module';
import { styleText } from 'node:util';
import type { CellOptions, Table as DrawnTable } from 'cli-table3';
import { safeText } from '../../model/safe-text.ts';
import type { Cell, Table, Tone } from '../../operator/render/cells.ts';
import { fitTable, GAP } from '../../operator/render/fit.ts';
import { terminalColumns } from './columns.ts';

const STYLES = { good: 'green', warn: 'yellow', bad: 'red', dim: 'dim' } as const satisfies Record<Tone, string>;
const NO_BORDERS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((part) => [part, '']),
);

type Constructor = new (options: object) => DrawnTable;

/** Cells come from nodes: their control characters are escaped before anything is coloured (attack C11). */
/** What is no terminal, or one of unknown width, gets everything. */
export function drawTable(table: Table, columns = terminalColumns(Number.POSITIVE_INFINITY)): string {
  const safe = { ...table, rows: table.rows.map((row) => row.map((cell) => ({ ...cell, text: safeText(cell.text) }))) };
  const { head, rows, below } = fitTable(safe, columns);
  const Drawn = createRequire(import.meta.url)('cli-table3') as Constructor;
  const drawing = new Drawn({
    head: head.map((text) => styleText('bold', text)),
    chars: { ...NO_BORDERS, middle: ' '.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  drawing.push(...rows.map((row) => row.map(drawn)));
  // No cell has a line break, so that each row is one line, below that of the heads.
  const lines = drawing
    .toString()
    .replace(/[ \t]+$/gm, '')
    .split('\n');
  return lines
    .flatMap((line, index) => {
      const more = below[index - 1] ?? '';
      return more === '' ? [line] : [line, more];
    })
    .join('\n');
}

function drawn({ text, tone }: Cell): CellOptions {
  return { content: tone === undefined ? text : styleText(STYLES[tone], text) };
}
