/**
 * How a deployment spread, as lines of text: who runs it, on top of who only knows it, in the median of all runs.
 *
 * Own code on purpose: asciichart, the usual library, draws one line a column and has no time axis, no filled areas and no fixed scale.
 */
import type { CurvePoint } from '../simulate/report.ts';
import { ticks, tickText } from './axis.ts';

const ROWS = 10;
const LABEL = 5;
const RUNS = '█';
const KNOWS = '░';
/** A row may be half filled. */
const HALF = '▄';
const MARK_COLUMNS = 16;
const LEGEND = `${' '.repeat(LABEL)}  ${RUNS} run it   ${KNOWS} know it`;

export function curveLines(curve: readonly CurvePoint[], columns: number): string[] {
  const width = Math.max(10, columns - LABEL - 2);
  const endMs = curve.at(-1)?.ms ?? 0;
  if (curve.length === 0 || endMs === 0) return [];
  const shares = Array.from({ length: width }, (_, column) => curve[Math.round((column / (width - 1)) * (curve.length - 1))] as CurvePoint);
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const row = ROWS - 1 - index;
    const cells = shares.map(({ known, running }) => cell(running.p50 * ROWS - row, known.p50 * ROWS - row));
    return `${label(row)} ${row === ROWS - 1 || row === ROWS / 2 - 1 ? '┤' : '│'}${cells.join('')}`.trimEnd();
  });
  const marks = ticks(endMs, Math.floor(width / MARK_COLUMNS));
  const places = marks.map((ms) => Math.round((ms / endMs) * (width - 1)));
  const line = Array.from({ length: width }, (_, column) => (places.includes(column) ? '┬' : '─')).join('');
  return [...rows, `${'0 %'.padStart(LABEL)} └${line}`, axisText(marks, places, width), LEGEND];
}

function label(row: number): string {
  const percent = ((row + 1) * 100) / ROWS;
  return (percent % 50 === 0 ? `${percent} %` : '').padStart(LABEL);
}

/** `runs` and `knows`: how far each reaches into this row; above 1 is beyond it. */
function cell(runs: number, knows: number): string {
  if (runs >= 1) return RUNS;
  if (runs >= 0.5) return knows >= 1 ? KNOWS : HALF;
  if (knows >= 0.5) return KNOWS;
  return ' ';
}

function axisText(marks: readonly number[], places: readonly number[], width: number): string {
  const room = width + LABEL + 2;
  let text = '';
  marks.forEach((ms, index) => {
    const mark = tickText(ms);
    const start = LABEL + 2 + (places[index] as number) - Math.floor(mark.length / 2);
    text = text.padEnd(Math.min(start, room - mark.length)) + mark;
  });
  return text;
}
