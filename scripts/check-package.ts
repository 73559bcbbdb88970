/**
 * `npm run check:package`: packs the project, installs the package globally into a temporary prefix with the Node that is on PATH, and runs
 * it from there: version, a module's hash, a lab with a deployment, a man page. Needs the registry.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, pack, run } from './packed.ts';
import { environment, expectLine } from './strangers.ts';
import { ROOT } from './project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gossip-package-'));
const prefix = join(folder, 'prefix');
const env = environment(join(folder, 'home'));
const stranger = { cwd: folder, env };
const lab = ['--name', 'package', '--dir', join(folder, 'lab')];

try {
  const gossip = install(stranger, pack({ cwd: ROOT, env }, folder), prefix);
  const ask = (...args: readonly string[]): string => run(stranger, gossip, ...args);
  expectLine(ask('--version'), /node-v26\./, 'it runs on Node 26');
  const shipped = join(prefix, 'lib', 'node_modules', 'gossip', 'dist', 'shipped', 'membership');
  expectLine(ask('module', 'hash', shipped), /^sha256:[0-9a-f]{64}\n$/, 'it hashes a shipped module');
  for (const [section, name] of [
    ['man1', 'gossip.1'],
    ['man5', 'gossip-config.5'],
    ['man7', 'gossip-protocol.7'],
  ] as const)
    if (!existsSync(join(prefix, 'share', 'man', section, name))) throw new Error(`the man page ${name} is not linked`);
  try {
    ask('lab', 'up', '--nodes', '3', '--rendezvous', '1', '--interval', '200ms', ...lab);
    ask('deploy', '--module', 'membership', '--wait');
    expectLine(ask('status', '--json'), /"converged": true/, 'a lab converges');
  } finally {
    ask('lab', 'down', ...lab);
  }
  process.stdout.write('package: good\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
