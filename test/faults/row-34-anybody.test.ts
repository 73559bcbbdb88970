/** Fault 34: a user who has no name and no home, as in containers: a node runs there all the same. */
import { chmod, chown, mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, startNode, withDirectory } from '../support/gossip.ts';

const NOBODYS_ID = 4_242;

test.for<[string, string[]]>([
  ['no home at all', []],
  ['a home that is not there', ['HOME=/nowhere']],
  ['a home that cannot be written', ['HOME=/proc']],
])('row 34: a user id without a name and with %s', { timeout: 60_000 }, async ([, environment], { skip }) => {
  await withDirectory(async (directory) => {
    const [home, data] = [join(directory, 'home'), join(directory, 'data')];
    await mkdir(home);
    await mkdir(data);
    const { json } = await gossip<{ id: string }>(['node', 'identity', '--data', data, '--json'], { home });
    await gossip(['cluster', 'init', '--rendezvous', `r=127.0.0.1:7946=${json.id}`], { home });
    const { token } = (await gossip<{ token: string }>(['cluster', 'join-token', '--json'], { home })).json;
    const through = [...(await asAnybody(directory, data)), 'env', '-i', `PATH=${dirname(process.execPath)}${delimiter}/usr/bin:/bin`];
    const { code } = await gossip(['--version'], { home, through }).catch(() => ({ code: 1 }));
    skip(code !== 0, 'nobody else can run the program here');
    const node = await startNode(['--data', data, '--listen', '127.0.0.1:0', '--join', token], {
      home,
      through: [...through, ...environment],
    });
    expect(await node.stop()).toMatchObject({ code: 0 });
  });
});

/** Only the superuser can become somebody else; everybody else is somebody already, and tries without an environment. */
async function asAnybody(directory: string, data: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  await chmod(directory, 0o755);
  for (const path of [data, join(data, 'identity.key')]) await chown(path, NOBODYS_ID, NOBODYS_ID);
  return ['setpriv', `--reuid=${NOBODYS_ID}`, `--regid=${NOBODYS_ID}`, '--clear-groups'];
}
