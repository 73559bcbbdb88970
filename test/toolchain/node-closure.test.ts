/** What a node loads, seen at a real start. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { startNode } from '../support/gossip.ts';

/** Notes every file that is loaded as a module. */
const RECORDER = `
  const { registerHooks } = require('node:module');
  const { appendFileSync } = require('node:fs');
  registerHooks({ load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  } });
`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-closure-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a real start loads the launcher and that one file, also where a cluster is founded', async () => {
  const loaded = join(directory, 'loaded');
  const recorder = join(directory, 'recorder.cjs');
  await writeFile(recorder, RECORDER);
  const node = await startNode(['--found', '--data', join(directory, 'data'), '--listen', '127.0.0.1:0'], {
    home: directory,
    env: { LOADED: loaded, NODE_OPTIONS: `--require ${recorder}` },
  });
  await node.stop();
  const files = (await readFile(loaded, 'utf8')).trim().split('\n');
  expect(files.map((url) => relative(ROOT, new URL(url).pathname)).toSorted()).toEqual(['bin/gossip', 'dist/node-run.cjs', 'package.json']);
});
