/** An operator's home is lost, and goes on from its backup: the same key signs, and the nodes know the same operator. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

test('a backup of a home is restored elsewhere, and deploys from there', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      await lab.ask('deploy', '--module', 'membership', '--to', 'rendezvous1', '--wait');
      const [file, home] = [join(directory, 'gossip.backup'), join(directory, 'home')];
      await mkdir(home);
      const secret = { GOSSIP_PASSPHRASE: 'correct horse' };
      expect(await lab.run('backup', file)).toMatchObject({ code: 6, stderr: expect.stringContaining('GOSSIP_E_PASSPHRASE') });
      const written = await lab.runWith({ env: secret }, 'backup', file);
      expect([written.code, written.stdout]).toEqual([0, expect.stringMatching(/: 'lab' \(\d+ files\), your settings\.$/m)]);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, 'utf8')).not.toContain('PRIVATE');

      expect(await gossip(['restore', file], { home, env: { GOSSIP_PASSPHRASE: 'wrong' } })).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('GOSSIP_E_PASSPHRASE'),
      });
      const cut = join(directory, 'cut.backup');
      await writeFile(cut, (await readFile(file)).subarray(0, -40));
      expect(await gossip(['restore', cut], { home, env: secret })).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('GOSSIP_E_BACKUP'),
      });

      const restored = await gossip(['restore', file, '--json'], { home, env: secret });
      expect(restored).toMatchObject({ code: 0, json: { added: ['lab'], current: 'lab', encrypted: true } });
      expect(await gossip(['restore', file], { home, env: secret })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("cluster 'lab'"),
      });
      const status = await gossip(['status', '--json'], { home });
      expect(status).toMatchObject({ code: 0, json: { answered: 3, converged: true } });
      const deployed = await gossip(['deploy', '--module', 'registry', '--wait', '--json'], { home });
      expect(deployed).toMatchObject({ code: 0, json: { deployment: 'd2', converged: { nodes: 3 } } });
    }),
  );
}, 300_000);
