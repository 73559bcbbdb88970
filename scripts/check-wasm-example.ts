/**
 * `npm run check:wasm`: compiles the example in AssemblyScript anew, with its compiler from the registry, and compares it with what is kept of it: the same sources give
 * the same bytes. Needs the registry.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE, ROOT } from './project.mjs';

const EXAMPLE = join(ROOT, 'examples', 'wasm');
const folder = mkdtempSync(join(tmpdir(), 'gossip-wasm-'));

try {
  const { devDependencies } = JSON.parse(readFileSync(join(EXAMPLE, 'package.json'), 'utf8')) as {
    devDependencies: { assemblyscript: string };
  };
  // Before there is a package.json, which names the SDK of the checkout too.
  run('npm', 'install', '--silent', '--no-save', '--ignore-scripts', `assemblyscript@${devDependencies.assemblyscript}`);
  for (const part of ['assembly', 'prebuilt', 'build.ts', 'module.json', 'package.json']) {
    cpSync(join(EXAMPLE, part), join(folder, part), { recursive: true });
  }
  if (!run(NODE, 'build.ts').includes('compiled')) throw new Error('nothing was compiled');
  for (const name of ['main.wasm', 'sources.sha256']) {
    if (!readFileSync(join(folder, 'prebuilt', name)).equals(readFileSync(join(EXAMPLE, 'prebuilt', name)))) {
      throw new Error(`examples/wasm/prebuilt/${name} is not of these sources: npm install and npm run build there, then commit it`);
    }
  }
  process.stdout.write('wasm example: the same bytes\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(program: string, ...args: string[]): string {
  const { status, stdout } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`'${program} ${args.join(' ')}' ended with ${status}\n${stdout}`);
  return stdout;
}
