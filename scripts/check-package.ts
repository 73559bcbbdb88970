/**
 * `npm run check:package`: packs the project, installs the package globally into a temporary prefix with the Node that is on PATH, and runs
 * it from there: version, a module's hash, a lab with a deployment, its dashboard, a man page. Needs the registry.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { install, pack, run } from './packed.ts';
import { environment, expectLine } from './strangers.ts';
import { ROOT } from './project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gossip-package-'));
const prefix = join(folder, 'prefix');
const env = environment(join(folder, 'home'));
const stranger = { cwd: folder, env };
/** How long the dashboard may take to answer. */
const PATIENCE_MS = 60_000;
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
    await checkDashboard(gossip);
  } finally {
    ask('lab', 'down', ...lab);
  }
  process.stdout.write('package: good\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Opens the page as a browser does: the address once, for the cookie and the place of the page, then the page and its script. */
async function checkDashboard(gossip: string): Promise<void> {
  const served = spawn(gossip, ['dashboard', '--json'], { ...stranger, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(served, 'exit');
  try {
    const address = await addressIn(served.stdout);
    const opened = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    const [, path = ''] = /<a href="([^"]+)">/.exec(await opened.text()) ?? [];
    const get = async (name: string): Promise<string> => {
      const answer = await fetch(new URL(`${path}${name}`, address), { headers: { cookie }, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(`the dashboard answers ${answer.status} to '${name}'`);
      return answer.text();
    };
    expectLine(await get(''), /<script[^>]* src="page\.js"/, 'the dashboard serves its page');
    for (const [name, part] of [
      ['page.js', /\bapi\/stream\b/],
      ['style.css', /\{/],
      ['icon.svg', /<svg/],
    ] as const)
      expectLine(await get(name), part, `the dashboard serves ${name}`);
  } finally {
    served.kill('SIGINT');
    await ended;
  }
}

/** @throws an error with what it said instead, where it ended */
async function addressIn(stdout: Readable): Promise<string> {
  let told = '';
  for await (const line of createInterface(stdout)) {
    const [, address] = /"address": ?"([^"]+)"/.exec(line) ?? [];
    if (address !== undefined) return address;
    told += `${line}\n`;
  }
  throw new Error(`the dashboard ended before it served:\n${told}`);
}
