/** Fault 34: as in containers, a user who has no name and no home, a root that is read-only, and little memory: a node runs there all the same. */
import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, gossipHere, startNode, withDirectory } from '../support/gossip.ts';
import { shippedModule } from '../support/modules.ts';
import { findingsOf, ROW_MS } from './fault.ts';

const NOBODYS_ID = 4_242;
/** What the kernel is told of hosts. */
const FIRST_TO_GO = 1_000;
/** All is read-only but for one directory, the first word; the others are the program to run. */
const SEALED = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && mount -o remount,bind,rw "$0" && ! touch /probe 2>&- && exec "$@"';

test.for<[string, string[]]>([
  ['no home at all', []],
  ['a home that is not there', ['HOME=/nowhere']],
  ['a home that cannot be written', ['HOME=/proc']],
])('row 34: a user id without a name and with %s', { timeout: ROW_MS }, async ([, environment], { skip, task }) => {
  const findings = findingsOf(task);
  await withDirectory(async (directory) => {
    const [home, data] = [join(directory, 'home'), join(directory, 'data')];
    await mkdir(home);
    await mkdir(data);
    const { json } = await gossipHere<{ id: string }>(['node', 'identity', '--data', data, '--json'], home);
    await gossipHere(['cluster', 'init', '--rendezvous', `r=127.0.0.1:7946=${json.id}`], home);
    const { token } = (await gossipHere<{ token: string }>(['cluster', 'join-token', '--json'], home)).json;
    const through = [...(await asAnybody(directory, data)), 'env', '-i', `PATH=${dirname(process.execPath)}${delimiter}/usr/bin:/bin`];
    const { code } = await gossip(['--version'], { home, through }).catch(() => ({ code: 1 }));
    skip(code !== 0, 'nobody else can run the program here');
    const node = await startNode(['--data', data, '--listen', '127.0.0.1:0', '--join', token], {
      home,
      through: [...through, ...environment],
    });
    findings.inject();
    expect(await node.stop()).toMatchObject({ code: 0 });
    findings.outcome('the node ran, and ended in order');
  });
});

/** Only the superuser can become somebody else; everybody else is somebody already, and tries without an environment. */
async function asAnybody(directory: string, data: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  await chmod(directory, 0o755);
  for (const path of [data, join(data, 'identity.key')]) await chown(path, NOBODYS_ID, NOBODYS_ID);
  return ['setpriv', `--reuid=${NOBODYS_ID}`, `--regid=${NOBODYS_ID}`, '--clear-groups'];
}

test('row 34: a read-only root, and where memory ends the host goes before its core', { timeout: ROW_MS }, async ({ task, skip }) => {
  const findings = findingsOf(task);
  await withDirectory(async (directory) => {
    const [home, data] = [join(directory, 'home'), join(directory, 'data')];
    await mkdir(home);
    const through = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', SEALED, directory];
    const { code } = await gossip(['--version'], { home, through }).catch(() => ({ code: 1 }));
    skip(code !== 0, 'sealing the root takes the superuser and namespaces');
    const node = await startNode(['--found', '--data', data, '--listen', '127.0.0.1:0'], { home, through });
    findings.inject();
    expect(await gossip(['deploy', shippedModule('registry'), '--wait'], { home })).toMatchObject({ code: 0 });
    const processes = await descendants(node.pid);
    const own = await readFile('/proc/self/oom_score_adj', 'utf8');
    const [hosts, cores] = [processes.filter(({ isHost }) => isHost), processes.filter(({ isHost }) => !isHost)];
    expect(new Set(cores.map(({ turn }) => turn))).toEqual(new Set([Number(own)]));
    expect(new Set(hosts.map(({ turn }) => turn))).toEqual(new Set([FIRST_TO_GO]));
    expect(await node.stop()).toMatchObject({ code: 0 });
    findings.outcome('the node and a module ran; the kernel is told to end hosts first');
  });
});

interface Process {
  readonly isHost: boolean;
  /** The higher, the earlier the kernel ends it. */
  readonly turn: number;
}

/** A process and all that come of it. */
async function descendants(pid: number): Promise<Process[]> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8');
  const children = (await read(`task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
  const itself = { isHost: (await read('cmdline')).includes('host.mjs'), turn: Number(await read('oom_score_adj')) };
  return [itself, ...(await Promise.all(children.map(descendants))).flat()];
}
