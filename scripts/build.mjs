/**
 * Builds dist/ aside and puts it in place whole: compiled sources, the node and the module host in one file each, and in shipped/ the modules as they
 * are deployed; then lists the commands in oclif.manifest.json, which spares every start from loading them all.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, STAMP } from './fingerprint.mjs';
import { NODE, ROOT, run, say } from './project.mjs';

const DIST = join(ROOT, 'dist');

export function build() {
  say('building');
  const source = fingerprint(ROOT);
  const made = join(ROOT, `.dist-${process.pid}`);
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  mkdirSync(made);
  run(NODE, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', made);
  run(NODE, 'scripts/bundle-host.ts', join(made, 'host', 'host.mjs'));
  run(NODE, 'scripts/bundle-node.ts', join(made, 'node-run.cjs'));
  run(NODE, 'scripts/bundle-dashboard.ts', join(made, 'dashboard', 'page'));
  run(NODE, 'scripts/build-modules.ts', join(made, 'shipped'));
  replace(DIST, made);
  run(NODE, 'scripts/manifest.ts');
  // Last: without it, the build does not count as complete.
  writeFileSync(join(DIST, STAMP), source);
}

/**
 * A rename each, so that a program that is just starting finds the old build or the new one; stale files vanish with the old folder.
 * @param {string} folder
 * @param {string} replacement
 */
function replace(folder, replacement) {
  const old = `${replacement}.old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(replacement, folder);
  rmSync(old, { recursive: true, force: true });
}
