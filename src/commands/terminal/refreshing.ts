/** Text of several lines that is redrawn in place on a terminal: its begin, where the terminal is too low for all of it. */
import { stripVTControlCharacters } from 'node:util';
import { textWidth } from '../../operator/render/width.ts';

export interface Refreshing {
  show(text: string): void;
  /** Leaves what was shown last. */
  end(): void;
}

export async function refreshing(out: NodeJS.WriteStream = process.stdout): Promise<Refreshing> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(out);
  return {
    show: (text) => update(cropped(text, out.columns, out.rows)),
    end: () => update.done(),
  };
}

/** As many whole lines as fit, and how many do not; a line that is too long takes several rows. */
export function cropped(text: string, columns: number, rows: number): string {
  const lines = text.split('\n');
  const heights = lines.map((line) => Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / Math.max(1, columns))));
  // The cursor stands in the last row.
  const room = Math.max(1, rows - 1);
  if (sum(heights) <= room) return text;
  let kept = 0;
  for (let taken = heights[0] ?? 0; taken < room && kept < lines.length; taken += heights[kept] ?? 0) kept += 1;
  return [...lines.slice(0, kept), `… ${lines.length - kept} more lines`].join('\n');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
