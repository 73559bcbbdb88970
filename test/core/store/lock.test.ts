import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, symlink, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { lockDirectory } from '../../../src/core/store/files/lock.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const LOCK_MODULE = new URL('../../../src/core/store/files/lock.ts', import.meta.url).href;
/** Says 'locked' or the error, then lives until it is killed. */
const PROGRAM = `
  import { lockDirectory } from ${JSON.stringify(LOCK_MODULE)};
  try { lockDirectory(process.argv[1]); console.log('locked'); } catch (error) { console.log(error.code + ' ' + error.message); }
  setInterval(() => undefined, 60_000);
`;

const children: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function contender(dir: string): Promise<{ child: ChildProcess; says: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [says] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, says };
}

test('a second taker in the same process is refused, with the process that holds it', async () => {
  const dir = await temporaryDirectory();
  const lock = lockDirectory(dir);
  expect(() => lockDirectory(dir)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_DATA_LOCKED', message: expect.stringContaining(`process ${process.pid}`) }),
  );
  lock.release();
  lock.release();
  lockDirectory(dir).release();
});

test('another process is refused while the holder lives, and let in once it was killed, without cleaning', async () => {
  const dir = await temporaryDirectory();
  const holder = await contender(dir);
  expect(holder.says).toBe('locked');
  expect(() => lockDirectory(dir)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_DATA_LOCKED', message: expect.stringContaining(`process ${holder.child.pid}`) }),
  );
  await kill(holder.child);
  expect(await readdir(dir)).toContain('lock');
  lockDirectory(dir).release();
});

test('a frozen holder holds on', async () => {
  const dir = await temporaryDirectory();
  const holder = await contender(dir);
  holder.child.kill('SIGSTOP');
  expect(() => lockDirectory(dir)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_DATA_LOCKED' }));
});

test('of several that try at the same time, over what a killed one left, exactly one gets in', async () => {
  const dir = await temporaryDirectory();
  await kill((await contender(dir)).child);
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => contender(dir)));
  expect(outcomes.filter(({ says }) => says === 'locked')).toHaveLength(1);
  expect(outcomes.filter(({ says }) => says.startsWith('GOSSIP_E_DATA_LOCKED '))).toHaveLength(4);
});

test('a lock whose taker forgot it is held all the same', async () => {
  const dir = await temporaryDirectory();
  setFlagsFromString('--expose-gc');
  lockDirectory(dir);
  (runInNewContext('gc') as () => void)();
  expect(() => lockDirectory(dir)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_DATA_LOCKED' }));
});

test('a lock file that something wrote into still locks', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'lock'), 'pid 1, go away');
  const lock = lockDirectory(dir);
  expect(() => lockDirectory(dir)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_DATA_LOCKED' }));
  lock.release();
});

test('a holder that cannot be named is unknown, and the lock holds', async () => {
  const dir = await temporaryDirectory();
  const lock = lockDirectory(dir);
  await writeFile(join(dir, 'lock.holder'), 'not a number');
  expect(() => lockDirectory(dir)).toThrow(expect.objectContaining({ message: expect.stringContaining('process unknown') }));
  lock.release();
});

test("a link in the place of the holder's name is not written through", async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'elsewhere'), 'precious');
  await symlink(join(dir, 'elsewhere'), join(dir, 'lock.holder'));
  lockDirectory(dir).release();
  expect(await readFile(join(dir, 'elsewhere'), 'utf8')).toBe('precious');
});

test('a directory that cannot be written to is said', async () => {
  const dir = await temporaryDirectory();
  await rm(dir, { recursive: true });
  expect(() => lockDirectory(dir)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_DATA_UNWRITABLE' }));
});
