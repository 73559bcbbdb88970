/** A real state is taken from a running instance, by operators alone, and rehearsed through an update and back. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

interface RehearsedJson {
  readonly from: { readonly deployment: string; readonly node: { readonly name: string } } | null;
  readonly differences: readonly { readonly path: string; readonly kind: string; readonly byItself: boolean }[];
  readonly error?: { readonly code: string; readonly message: string };
}

test('the state of a running instance is exported, and rehearsed through an update and its rollback', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 1, rendezvous: 1, intervalMs: 200 }, async (lab) => {
      const { name, source } = notebook('1.0.0');
      const old = await writeModule(directory, notebook('1.0.0'));
      await lab.ask('deploy', old, '--wait');
      const file = join(directory, 'notebook.state');
      const { born } = (await lab.inspectAll<Notebook>('notebook'))[0] as Notebook;

      expect(await lab.ask('module', 'state', 'export', name, file)).toMatchObject({ module: name, deployment: 'd1', form: 'text', file });
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const [line = '', state = ''] = (await readFile(file, 'utf8')).split('\n');
      expect(JSON.parse(line)).toMatchObject({ type: 'gossip/state/1', node: { name: 'rendezvous1' } });
      expect(JSON.parse(state)).toMatchObject({ born });
      const printed = await lab.run('module', 'state', 'export', name, '-');
      expect(JSON.parse(printed.stdout.split('\n')[1] ?? '')).toMatchObject({ born });

      const rehearse = (...args: readonly string[]) => lab.runWith<RehearsedJson>({}, 'module', 'rehearse', old, ...args, '--json');
      const same = await rehearse(old, '--from', 'rendezvous1');
      expect([same.code, same.json]).toMatchObject([0, { from: { deployment: 'd1', node: { name: 'rendezvous1' } } }]);
      const loses = source.replace('this.born = born;', 'this.born = "lost";');
      const next = await writeModule(directory, { name, version: '2.0.0', source: loses });
      const changed = await rehearse(next, '--state', file);
      expect([changed.code, changed.json.error?.code]).toEqual([7, 'GOSSIP_E_STATE_CHANGED']);
      expect(changed.json.differences).toContainEqual(expect.objectContaining({ path: 'born', kind: 'changed', byItself: false }));

      const broken = await writeModule(directory, { name, version: '3.0.0', source: source.replace('this.born = born;', 'null.x;') });
      const failed = await rehearse(broken, '--state', file);
      expect([failed.code, failed.json.error]).toMatchObject([
        1,
        {
          code: 'GOSSIP_E_MODULE_STATE',
          message: expect.stringMatching(/^the new code \(3\.0\.0\), acceptState: TypeError: .*index\.mjs:\d+:\d+/),
        },
      ]);

      await writeFile(file, (await readFile(file)).subarray(0, -1));
      expect((await rehearse(next, '--state', file)).json.error?.code).toBe('GOSSIP_E_FILE');
      const codeOf = async (...args: readonly string[]): Promise<string> =>
        (await lab.runWith<{ error: { code: string } }>({}, 'module', 'state', 'export', ...args, '--json')).json.error.code;
      expect(await codeOf('nobody', file)).toBe('GOSSIP_E_MODULE_UNKNOWN');
      // Whoever has no key may look, and take nothing.
      await rm(join(lab.directory, 'operator', 'operator.key'));
      expect(await codeOf(name, file)).toBe('GOSSIP_E_KEY');
      await lab.ask('module', 'inspect', name);
    }),
  );
}, 360_000);

test('a state is brought back from its file to every node, and nothing that was gathered meanwhile stays', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 2, rendezvous: 1, intervalMs: 200 }, async (lab) => {
      await lab.ask('deploy', 'registry', '--wait');
      const keysAt = async (node: string): Promise<string[]> =>
        (await lab.ask<{ entries: { key: string }[] }>('registry', 'list', '--to', node)).entries.map(({ key }) => key);
      await lab.ask('registry', 'set', 'kept', '1', '--to', 'rendezvous1');
      const file = join(directory, 'registry.state');
      await lab.ask('module', 'state', 'export', 'registry', file, '--to', 'rendezvous1');
      await lab.ask('registry', 'set', 'spoilt', '1', '--to', 'rendezvous1');

      const codeOf = async (...args: readonly string[]): Promise<string> =>
        (await lab.runWith<{ error: { code: string } }>({}, 'module', 'state', 'import', ...args, '--json')).json.error.code;
      expect(await codeOf('aggregate', file)).toBe('GOSSIP_E_FILE');
      expect(await codeOf('registry', join(directory, 'absent'))).toBe('GOSSIP_E_FILE');
      const bare = join(directory, 'bare.state');
      await writeFile(bare, 'no state of a registry');
      // It is tried before anything is signed.
      expect(await codeOf('registry', bare)).toMatch(/^GOSSIP_E_MODULE_/);
      expect((await lab.status()).newest['registry']?.deployment).toBe('d1');

      expect(await lab.ask('module', 'state', 'import', 'registry', file, '--wait')).toMatchObject({
        module: 'registry',
        deployment: 'd2',
      });
      for (const node of ['rendezvous1', 'node1']) {
        expect(await keysAt(node)).toEqual(['kept']);
      }
      // What runs is the code with the state: another state takes the place of that one.
      await lab.ask('registry', 'set', 'later', '1', '--to', 'node1');
      await lab.ask('module', 'state', 'import', 'registry', file, '--wait');
      expect(await keysAt('node1')).toEqual(['kept']);
    }),
  );
}, 360_000);
