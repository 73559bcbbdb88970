/** In which process a node of a lab runs, whoever started it, and that nobody else is taken for it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { identify, isAlive, isEnding } from '../../src/lab/process.ts';
import { endNode, holderOf, isRunning, processOf } from '../../src/lab/running.ts';

const LOCK = pathToFileURL(join(import.meta.dirname, '../../src/core/store/files/lock.ts')).href;
const HOLD = `const { lockDirectory } = await import(${JSON.stringify(LOCK)}); lockDirectory(process.argv[1]); console.log('ready'); setInterval(() => {}, 1e6);`;
const IDLE = "console.log('ready'); setInterval(() => {}, 1e6);";

const started: ChildProcess[] = [];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-lab-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** A process that has said that it is ready. */
async function start(code: string, ...args: readonly string[]): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, '--', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  await once(child.stdout, 'data');
  return child as ChildProcess & { pid: number };
}

test('whoever holds the lock of its directory is the node, and is ended; then nobody is', async () => {
  const node = { name: 'node1', directory, process: { pid: 1, started: 'never' } };
  expect(await endNode(node, 'SIGTERM')).toBe(false);
  const child = await start(HOLD, directory);
  const ended = once(child, 'close');
  const found = await processOf(node);
  expect(found).toEqual({ pid: child.pid, started: expect.any(String) });
  expect(await isAlive(found as NonNullable<typeof found>)).toBe(true);
  expect(await endNode(node, 'SIGTERM')).toBe(true);
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect([await processOf(node), await endNode(node, 'SIGTERM')]).toEqual([null, false]);
});

test('a process that has ended is waited for until it lets go of the lock, which its last thread does', async () => {
  // Of one that nobody asks how it ended, its number stays.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(parent);
  const [told] = (await once(parent.stdout, 'data')) as [Buffer];
  const ended = Number(String(told));
  await expect.poll(() => isEnding(ended), { timeout: 10_000 }).toBe(true);
  const thread = await start(HOLD, directory);
  await writeFile(join(directory, 'lock.holder'), `${ended}\n`);
  const holder = holderOf(directory, 0);
  thread.kill('SIGKILL');
  expect(await holder).toBeNull();
});

test('a process without the lock is waited for: it ends, or takes the lock', async () => {
  const leaving = await start(IDLE);
  const runs = isRunning({ directory, process: await identify(leaving.pid) });
  leaving.kill('SIGKILL');
  expect(await runs).toBe(false);
  const other = await start(IDLE);
  const soon = isRunning({ directory, process: await identify(other.pid) });
  await start(HOLD, directory);
  expect(await soon).toBe(true);
});

test('a process that does not run with the directory is never ended, though a lock that is held names it: nothing of the lab is removed then', async () => {
  const made = join(directory, 'lab');
  const lab = await Lab.prepare({ name: 'lab', directory: made, nodes: 2, rendezvous: 1, intervalMs: 1_000 });
  const [, other] = [await start(HOLD, lab.node('rendezvous1').directory), await start(HOLD, lab.node('node1').directory)];
  const stranger = await start(IDLE);
  const holder = join(lab.node('rendezvous1').directory, 'lock.holder');
  await writeFile(holder, `${stranger.pid}\n`);
  await expect(lab.down()).rejects.toMatchObject({ code: 'GOSSIP_E_LAB', message: expect.stringContaining(`by process ${stranger.pid}`) });
  expect([stranger.exitCode, stranger.signalCode, existsSync(holder)]).toEqual([null, null, true]);
  // The others are ended all the same.
  expect(await holderOf(lab.node('node1').directory)).toBeNull();
  expect(other.killed).toBe(false);
  await writeFile(holder, 'nobody');
  await expect(holderOf(lab.node('rendezvous1').directory, 0)).rejects.toMatchObject({ code: 'GOSSIP_E_LAB' });
});

test.each(['an old name beside a lock that nobody holds', 'no lock at all', 'no directory'])('%s: nobody runs', async (what) => {
  const data = join(directory, 'data');
  if (what !== 'no directory') await mkdir(data);
  if (what.startsWith('an old')) {
    const stranger = await start(IDLE);
    await writeFile(join(data, 'lock'), '');
    await writeFile(join(data, 'lock.holder'), `${stranger.pid}\n`);
  }
  expect(await holderOf(data)).toBeNull();
  expect(existsSync(join(data, 'lock'))).toBe(what.startsWith('an old'));
});
