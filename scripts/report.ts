/** Tables in docs/reports that a run writes, never a hand: between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

export async function writeReport(file: string, name: string, table: string): Promise<void> {
  const { before, after } = await placeOf(file, name);
  await writeFile(join(ROOT, file), `${before}\n\n${table.trim()}\n\n${after}`);
}

/** What the last run wrote there. */
export async function readReport(file: string, name: string): Promise<string> {
  return (await placeOf(file, name)).report;
}

async function placeOf(file: string, name: string): Promise<{ before: string; report: string; after: string }> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (!text.includes(begin) || to < from) throw new Error(`${file} has no place for a report '${name}'`);
  return { before: text.slice(0, from), report: text.slice(from, to).trim(), after: text.slice(to) };
}
