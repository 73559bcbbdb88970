/** Fault 38: another user of the machine opens a node's socket. He may not, unless his group was let in. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withCluster } from './cluster.ts';
import { socketOf } from './door.ts';
import { findingsOf, ROW_MS } from './fault.ts';

/** A user and a group that own nothing. */
const OTHER = { uid: 54_321, gid: 54_322 };

/** Says what comes of a connection: a line of HTTP, or the code of the error. */
const CALL = `
  const socket = require('node:net').connect({ path: process.argv[1] });
  socket.on('connect', () => socket.write('GET /v1/apps/events HTTP/1.1\\r\\nhost: gossip\\r\\n\\r\\n'));
  socket.on('data', (data) => { process.stdout.write(String(data).split('\\r\\n')[0]); process.exit(); });
  socket.on('error', ({ code }) => { process.stdout.write(code); process.exit(); });
`;

function called(path: string, gid = OTHER.gid): string {
  return spawnSync(process.execPath, ['-e', CALL, path], { uid: OTHER.uid, gid, cwd: '/', env: {}, encoding: 'utf8' }).stdout ?? '';
}

/** Why it cannot be tried; null where it can. */
function obstacle(): string | null {
  if (process.getuid?.() !== 0) return 'only root can be another user';
  const seen = spawnSync(process.execPath, ['-e', '1'], { ...OTHER, cwd: '/', env: {} });
  return seen.status === 0 ? null : 'another user cannot start Node here';
}

const why = obstacle();
if (why !== null) process.stderr.write(`row 38 is skipped: ${why}\n`);

test.skipIf(why !== null)('row 38: a socket opened by another user', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 2, rendezvous: 1 }, async (cluster) => {
    const { lab, directory } = cluster;
    await cluster.update();
    // Not only the directory keeps him out.
    for (const path of [directory, lab.home, lab.directory]) await chmod(path, 0o755);
    const open = join(directory, 'open');
    await mkdir(open, { mode: 0o755 });
    expect(called(socketOf(lab, 'node1'))).toBe('EACCES');
    await lab.stop('node1');
    const [own, shared] = [join(open, 'own.sock'), join(open, 'shared.sock')];
    const alone = await lab.startWith('node1', { flags: ['--app-socket', own] });
    expect(called(own)).toBe('EACCES');
    await alone.stop();
    const group = await lab.startWith('node1', { flags: ['--app-socket', shared, '--app-socket-group', String(OTHER.gid)] });
    findings.inject(4);
    expect(called(shared, OTHER.gid + 1)).toBe('EACCES');
    expect(called(shared)).toBe('HTTP/1.1 200 OK');
    await cluster.update('rendezvous1');
    await group.stop();
    findings.outcome('refused by the system, at each place; let in with the group that was named; the node went on');
  });
});
