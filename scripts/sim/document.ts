/** Writes a report into `docs/simulator.md`, between its markers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../project.mjs';

const FILE = join(ROOT, 'docs/simulator.md');
const [BEGIN, END] = ['<!-- report: begin -->', '<!-- report: end -->'];

export async function writeReport(report: string): Promise<void> {
  const text = await readFile(FILE, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${FILE} has no markers for the report`);
  await writeFile(FILE, `${text.slice(0, from + BEGIN.length)}\n\n${report}\n\n${text.slice(to)}`);
}
