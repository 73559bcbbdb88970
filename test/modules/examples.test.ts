/** The examples are projects as `gossip module init` makes them, pass their own tests, and run in a node's sandbox. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bundleHost } from '../../scripts/bundle-host.ts';
import { ROOT } from '../../scripts/project.mjs';
import { environment } from '../../scripts/strangers.ts';
import { checkModule } from '../../src/operator/module/checks.ts';
import { scaffoldModule } from '../../src/operator/module/scaffold.ts';
import type { JsonObject } from '../../src/sdk/index.ts';
import { withDirectory } from '../support/gossip.ts';
import { install, packagesOf } from '../support/project.ts';

const EXAMPLES = join(ROOT, 'examples');
/** Of those that have some. */
const SETTINGS: Readonly<Record<string, JsonObject>> = { 'feature-flags': { flags: { 'new-checkout': 25, 'dark-mode': true } } };
/** What people who look into a directory, or work in it, leave there. */
const NOT_OURS = new Set(['node_modules', 'dist', '.DS_Store', 'package-lock.json']);
const run = promisify(execFile);

const examples = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  // Programs beside a node, which test/e2e/applications.test.ts runs.
  .filter((name) => name !== 'applications')
  // In other languages; test/modules/wasm-example.test.ts and wasm-c-example.test.ts run them.
  .filter((name) => !name.startsWith('wasm'));

test('these are the examples', () => {
  expect(examples.toSorted()).toEqual(['automerge-notes', 'counter', 'feature-flags', 'shared-document', 'shopping-list']);
});

describe.each(examples)('%s', (name) => {
  test('is a project as gossip module init makes it, with the SDK of the checkout', async () => {
    await withDirectory(async (directory) => {
      await scaffoldModule({ name, directory: join(directory, name), sdkPath: ROOT });
      const pair = (path: string) =>
        Promise.all([join(EXAMPLES, name), join(directory, name)].map((root) => readFile(join(root, path), 'utf8')));
      const [ours, made] = (await pair('package.json')).map((text) => JSON.parse(text) as object);
      expect(ours).toEqual({ ...made, dependencies: { gossip: 'file:../..', ...(await packagesOf(EXAMPLES, name)) } });
      const [compiler, compilerMade] = (await pair('tsconfig.json')).map((text) => JSON.parse(text) as object);
      expect(compiler).toEqual(compilerMade);
      const [build, buildMade] = await pair('build.ts');
      expect(build).toBe(buildMade);
    });
  });

  test('passes its own tests, the contract among them, and the checks of a real host', { timeout: 180_000 }, async () => {
    await withDirectory(async (directory) => {
      const project = join(directory, name);
      await cp(join(EXAMPLES, name), project, { recursive: true, filter: (path) => !NOT_OURS.has(basename(path)) });
      await install(project, ...Object.keys(await packagesOf(EXAMPLES, name)));
      await run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', project]);
      const { stdout } = await run('npm', ['test'], { cwd: project, env: environment(directory) });
      expect(stdout).toMatch(new RegExp(`${name} keeps the contract[^]*pass [1-9]\\d*\\n[^]*fail 0\\n`));
      const hostProgram = join(directory, 'host.mjs');
      await bundleHost(hostProgram);
      const checks = await checkModule(join(project, 'dist'), { hostProgram, settings: SETTINGS[name] ?? {} });
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(checks.map(({ check }) => check)).toContain('gossip');
    });
  });
});
