/** A module's author, who has the program and nothing else: from `gossip module init` to a live update on a node. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { environment } from '../../scripts/strangers.ts';
import { gossip, gossipHere, startNode, until, withDirectory } from '../support/gossip.ts';
import { install } from '../support/project.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TEST_MS = 180_000;
const run = promisify(execFile);

interface Counts {
  readonly nodes: number;
  readonly total: number;
  readonly inherited?: string;
}

async function edit(file: string, ...changes: readonly (readonly [from: string, to: string])[]): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await writeFile(file, text);
}

test(
  'a module is made, tested, checked, deployed, changed and updated live, with a package from npm in it',
  { timeout: TEST_MS },
  async () => {
    await withDirectory(async (home) => {
      const cwd = join(home, 'visits');
      const ask = async <Json>(...args: readonly string[]): Promise<Json> => {
        const { code, json, stdout, stderr } = await gossipHere<Json>([...args, '--json'], home, cwd);
        expect([code, stdout, stderr]).toEqual([0, stdout, stderr]);
        return json;
      };
      const npm = (...args: readonly string[]) => run('npm', args, { cwd, env: environment(home) });
      const inspect = async () => (await ask<{ state: Counts }>('module', 'inspect', 'visits')).state;

      expect((await gossip(['module', 'init', 'visits'], { home })).code).toBe(0);
      await install(cwd, 'canonicalize');
      await npm('run', 'types');
      expect((await npm('test')).stdout).toMatch(/pass \d+\n.*fail 0\n/);
      expect((await ask<{ ok: boolean }>('module', 'check', 'dist')).ok).toBe(true);

      const node = await startNode(['--listen', '127.0.0.1:0', '--interval', '150ms'], { home });
      try {
        await ask('deploy', '--wait');
        await until('it counts', async () => (await inspect()).total > 2);

        const source = join(cwd, 'src', 'index.ts');
        await edit(
          source,
          ['import type { Json', "import canonicalize from 'canonicalize';\nimport type { Json"],
          ['  override start()', '  #inherited = 0;\n\n  override start()'],
          [
            "    this.#counts = parseCounts(field(state, 'counts'));\n",
            "    this.#counts = parseCounts(field(state, 'counts'));\n    this.#inherited = this.#counts.size;\n",
          ],
          ['nodes: counts.length,', "nodes: counts.length, inherited: canonicalize({ nodes: this.#inherited, after: 'update' }) ?? '',"],
        );
        await npm('run', 'build');
        await ask('module', 'check');
        await ask('deploy', '--wait', '-m', 'counts what it inherits');
        expect(await inspect()).toMatchObject({ nodes: 1, inherited: '{"after":"update","nodes":1}' });
        expect((await ask<{ message: string }[]>('history')).map(({ message }) => message)).toEqual(['counts what it inherits', '']);
      } finally {
        expect((await node.stop()).code).toBe(0);
      }
    });
  },
);

test('a module that imports what it does not carry fails the check, which names it', { timeout: TEST_MS }, async () => {
  await withDirectory(async (home) => {
    const dist = join(home, 'dist');
    await mkdir(dist);
    await writeFile(join(dist, 'module.json'), JSON.stringify({ name: 'lacking', version: '1', entry: 'index.mjs', api: 1 }));
    await writeFile(join(dist, 'index.mjs'), "import canonicalize from 'canonicalize';\nexport default class Lacking {}\n");
    await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
    const { code, stdout } = await gossipHere(['module', 'check'], home);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^FAIL +load +it imports 'canonicalize', which its directory does not carry/m),
    ]);
  });
});
