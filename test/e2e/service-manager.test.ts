/** A node and a service manager that speaks systemd's protocol: when the node says that it is ready, alive, reading its configuration, ending. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { gossip, startNode, tidily, until, withDirectory } from '../support/gossip.ts';

const LISTENER = fileURLToPath(new URL('../support/notify_listener.py', import.meta.url));
/** Nobody is there. */
const ELSEWHERE = '127.0.0.1:9';
const ID = '0'.repeat(64);

const lacking = [
  existsSync('/usr/bin/systemd-notify') ? '' : 'systemd-notify',
  spawnSync('python3', ['-c', 'import socket; socket.recv_fds']).status === 0 ? '' : 'python3 from 3.9',
].filter((name) => name !== '');
if (lacking.length > 0) process.stderr.write(`skipped: there is no ${lacking.join(', no ')} here\n`);

type Message = Readonly<Record<string, string>>;

/** A manager that hears; what it has heard so far. */
async function hearing<Result>(path: string, act: (heard: readonly Message[]) => Promise<Result>): Promise<Result> {
  const child = spawn('python3', [LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const heard: Message[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => heard.push(JSON.parse(line) as Message));
  return tidily(
    async () => {
      await until('the manager listens', async () => heard.shift() !== undefined);
      return act(heard);
    },
    async () => {
      child.kill('SIGKILL');
      await ended;
    },
  );
}

const isNoStatus = ({ WATCHDOG }: Message): boolean => WATCHDOG === undefined;

test.skipIf(lacking.length > 0)(
  'a node that meets nobody is ready, alive, reads its file again, and ends; each is told in turn',
  async () => {
    await withDirectory(async (home) => {
      await gossip(['cluster', 'init', '--name', 'alone', '--rendezvous', `r1=${ELSEWHERE}=${ID}`], { home });
      const { stdout: token } = await gossip(['cluster', 'join-token'], { home });
      const file = join(home, 'node.toml');
      await writeFile(join(home, 'token'), token);
      await writeFile(file, 'name = "n1"\ndata = "data"\nlisten = "127.0.0.1:0"\njoin = "@token"\n');
      await hearing(join(home, 'notify'), async (heard) => {
        const env = { NOTIFY_SOCKET: join(home, 'notify'), WATCHDOG_USEC: '4000000' };
        const node = await startNode(['--config', file], { home, env });
        const others = (): Message[] => heard.filter(isNoStatus);
        await until('it is ready', async () => heard.length > 0);
        expect(others()).toEqual([{ READY: '1', STATUS: '0 of 0 modules running, 1 other node known' }]);
        await until('it is alive', async () => heard.filter(({ WATCHDOG }) => WATCHDOG === '1').length > 1);

        node.signal('SIGHUP');
        await until('it has read its file again', async () => others().length === 3);
        await writeFile(file, 'litsen = 1\n');
        node.signal('SIGHUP');
        await until('it goes on by what it had', async () => others().length === 5);
        expect(others().map((message) => Object.keys(message)[0])).toEqual(['READY', 'RELOADING', 'READY', 'RELOADING', 'READY']);

        expect((await node.stop()).code).toBe(0);
        await until('its end is told', async () => others().length === 6);
        expect(others().at(-1)).toEqual({ STOPPING: '1', STATUS: 'ending: last checkpoints' });
        expect(node.log()).not.toContain('service manager');
      });
    });
  },
);

test.skipIf(lacking.length > 0)(
  'the socket may be an abstract one; without a file to read, a hang-up is answered all the same',
  async () => {
    await withDirectory(async (home) => {
      await hearing(`@${home}`, async (heard) => {
        const env = { NOTIFY_SOCKET: `@${home}` };
        const node = await startNode(['--data', join(home, 'data'), '--listen', '127.0.0.1:0', '--found'], { home, env });
        await until('it is ready', async () => heard.length > 0);
        node.signal('SIGHUP');
        await until('it is ready again', async () => heard.length === 3);
        await node.stop();
        await until('its end is told', async () => heard.length === 4);
        expect(heard.map((message) => Object.keys(message)[0])).toEqual(['READY', 'RELOADING', 'READY', 'STOPPING']);
      });
    });
  },
);

test('a manager that is not there costs a node a line of its log', async () => {
  await withDirectory(async (home) => {
    const env = { NOTIFY_SOCKET: join(home, 'nobody') };
    const node = await startNode(['--data', join(home, 'data'), '--listen', '127.0.0.1:0', '--found'], { home, env });
    await until('it says so', async () => node.log().includes('the service manager cannot be told how the node is'));
    expect((await node.stop()).code).toBe(0);
  });
});
