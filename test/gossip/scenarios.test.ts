/** What the protocol does, as traces that a reviewer can read: CONTRIBUTING.md tells how. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { play } from './trace/play.ts';

const directory = join(import.meta.dirname, 'scenarios');

test.each(readdirSync(directory))('%s', async (file) => {
  const path = join(directory, file);
  const text = readFileSync(path, 'utf8');
  const [about] = text.split(/^[^#]/m);
  expect(about, 'a trace begins with what it shows, and what it specifies').toMatch(/\blaws? \d|\battack [A-Z]\d|ARCHITECTURE|Glossary/);
  await expect(await play(text)).toMatchFileSnapshot(path);
});
