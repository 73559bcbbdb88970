/** The interactions of the protocol as traces that a reviewer can read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScenario } from './scenario.ts';

const directory = join(import.meta.dirname, 'scenarios');

test.each(readdirSync(directory))('%s', async (file) => {
  const path = join(directory, file);
  await expect(runScenario(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
});
