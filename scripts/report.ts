/** Tables in docs that a run writes, never a hand: between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

export async function writeReport(file: string, name: string, table: string): Promise<void> {
  const path = join(ROOT, file);
  const text = await readFile(path, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest] = [text.slice(0, text.indexOf(begin) + begin.length), text.slice(text.indexOf(end))];
  if (!text.includes(begin) || !rest.startsWith(end)) throw new Error(`${file} has no place for a report '${name}'`);
  await writeFile(path, `${before}\n\n${table.trim()}\n\n${rest}`);
}
