/** A node under the conditions of a container: process 1, a user that nobody knows, a root that cannot be written, a volume. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { gossip, tidily, until, withDirectory } from '../support/gossip.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('skipped: only root can make what a container is\n');

const USER = 12_345;
/** In the container's own mount namespace. */
const VOLUME = '/mnt';
/** As the image has it: a volume of the group of root. */
const SCRIPT = `mount -t tmpfs -o mode=2770,gid=0 volume "$1"
mount -t proc proc /proc
mount -o remount,bind,ro /
exec setpriv --reuid ${USER} --regid 0 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all env -i PATH="$PATH" GOSSIP_JOIN="$3" \
  "$2" node run --json --data "$1/node" --listen 127.0.0.1:0 --metrics 127.0.0.1:0`;

interface Ready {
  readonly metrics: string;
}

test.skipIf(!isRoot)(
  'a node is process 1 of any user on a read-only root, tells that it is alive, ends in order and leaves nobody',
  async () => {
    await withDirectory(async (directory) => {
      await gossip(['cluster', 'init', '--name', 'contained', '--rendezvous', `r1=127.0.0.1:9=${'0'.repeat(64)}`], { home: directory });
      const token = (await gossip(['cluster', 'join-token'], { home: directory })).stdout.trim();
      const words = [
        '--fork',
        '--pid',
        '--mount',
        '--net',
        '--kill-child',
        'sh',
        '-ec',
        `ip link set lo up\n${SCRIPT}`,
        'sh',
        VOLUME,
        join(ROOT, 'bin/gossip'),
        token,
      ];
      const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
      const said = { out: '', err: '' };
      child.stdout.on('data', (chunk) => (said.out += String(chunk)));
      child.stderr.on('data', (chunk) => (said.err += String(chunk)));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      await tidily(
        async () => {
          const { metrics } = await until('it is ready', async () => {
            if (child.exitCode !== null) throw new Error(said.err);
            return said.out.includes('\n') ? (JSON.parse(said.out.slice(0, said.out.indexOf('\n'))) as Ready) : undefined;
          });
          const first = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
          const status = readFileSync(`/proc/${first}/status`, 'utf8');
          expect([/^NSpid:\t\d+\t(\d+)$/m.exec(status)?.[1], /^Uid:\t(\d+)/m.exec(status)?.[1]]).toEqual(['1', String(USER)]);
          const inside = (...command: readonly string[]): string =>
            execFileSync('nsenter', ['--target', String(first), '--net', '--pid', '--mount', ...command], { encoding: 'utf8' });
          expect(() => inside('touch', '/written')).toThrow('Read-only file system');
          const ask = `fetch('http://${metrics}/healthz').then(async (answer) => console.log(answer.status, await answer.text()))`;
          await until('its protocol goes on', async () => inside(process.execPath, '--eval', ask).trim() === '200 ok');
          process.kill(first, 'SIGTERM');
          expect(await ended).toBe(0);
        },
        async () => {
          child.kill('SIGKILL');
          await ended;
        },
      );
    });
  },
);
