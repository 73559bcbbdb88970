/**
 * `npm run check:package`: packs the project, installs the package globally into a temporary prefix with the Node that is on PATH, and runs
 * it from there: version, a module's hash, a lab with a deployment, a man page. Needs the registry.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, expectLine } from './strangers.ts';
import { ROOT } from './project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gossip-package-'));
const prefix = join(folder, 'prefix');
const env = environment(join(folder, 'home'));
const gossip = join(prefix, 'bin', 'gossip');
const lab = ['--name', 'package', '--dir', join(folder, 'lab')];

try {
  mkdirSync(prefix);
  const packed = run(ROOT, 'npm', 'pack', '--silent', '--pack-destination', folder).trim().split('\n').at(-1) ?? '';
  run(folder, 'npm', 'install', '--global', '--silent', '--prefix', prefix, join(folder, packed));
  expectLine(run(folder, gossip, '--version'), /node-v26\./, 'it runs on Node 26');
  const shipped = join(prefix, 'lib', 'node_modules', 'gossip', 'dist', 'shipped', 'membership');
  expectLine(run(folder, gossip, 'module', 'hash', shipped), /^sha256:[0-9a-f]{64}\n$/, 'it hashes a shipped module');
  for (const [section, name] of [
    ['man1', 'gossip.1'],
    ['man5', 'gossip-config.5'],
    ['man7', 'gossip-protocol.7'],
  ] as const)
    if (!existsSync(join(prefix, 'share', 'man', section, name))) throw new Error(`the man page ${name} is not linked`);
  try {
    run(folder, gossip, 'lab', 'up', '--nodes', '3', '--rendezvous', '1', '--interval', '200ms', ...lab);
    run(folder, gossip, 'deploy', '--module', 'membership', '--wait');
    expectLine(run(folder, gossip, 'status', '--json'), /"converged": true/, 'a lab converges');
  } finally {
    run(folder, gossip, 'lab', 'down', ...lab);
  }
  process.stdout.write('package: good\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout } = spawnSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`'${program} ${args.join(' ')}' ended with ${status}\n${stdout}`);
  return stdout;
}
