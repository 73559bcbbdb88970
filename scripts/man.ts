/** Writes man/ anew from the commands and the tables in src: `npm run man`. The pages are committed; a test says when they are stale. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeCommands } from './commands.ts';
import { configPage } from './man-config.ts';
import { modulePage } from './man-module.ts';
import { manPages } from './man-page.ts';
import { protocolPage } from './man-protocol.ts';
import { ROOT } from './project.mjs';

/** The pages as they should be. */
export async function wantedPages(): Promise<Map<string, string>> {
  const released = releaseDate(await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8'));
  return new Map([
    ...manPages(await describeCommands('./src/commands'), released, await schemaNames()),
    ['gossip-config.5', await configPage(released)],
    ['gossip-module.7', modulePage(released)],
    ['gossip-protocol.7', protocolPage(released)],
  ]);
}

async function schemaNames(): Promise<Set<string>> {
  const names = await readdir(join(ROOT, 'docs', 'schemas'));
  return new Set(names.map((name) => name.replace(/\.schema\.json$/, '')));
}

/** The date of the latest version that the change log tells of, as man pages write it. */
function releaseDate(changeLog: string): string {
  const date = /^## \S+ \((\d{4}-\d{2}-\d{2})\)/m.exec(changeLog)?.[1];
  if (date === undefined) throw new Error('CHANGELOG.md has no heading such as: ## 0.1.0 (2026-11-23)');
  return new Date(date).toLocaleDateString('en-US', { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' });
}

/** package.json lists each page: npm does not link a directory of them. */
async function listPages(names: readonly string[]): Promise<void> {
  const path = join(ROOT, 'package.json');
  const description = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  description['man'] = names.map((name) => `man/${name}`);
  await writeFile(path, `${JSON.stringify(description, null, 2)}\n`);
}

if (import.meta.main) {
  const pages = await wantedPages();
  await rm(join(ROOT, 'man'), { recursive: true, force: true });
  await mkdir(join(ROOT, 'man'));
  for (const [name, text] of pages) await writeFile(join(ROOT, 'man', name), text);
  await listPages([...pages.keys()]);
}
