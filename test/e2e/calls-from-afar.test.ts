/** Operators ask and watch the modules of nodes elsewhere: one of them, or all, also while some do not answer. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { writeRelabelled } from '../support/modules.ts';

const LAB = { nodes: 3, rendezvous: 1, intervalMs: 150 };

interface AllJson {
  readonly answered: number;
  readonly failed: number;
  readonly nodes: readonly { readonly name: string; readonly answer?: unknown; readonly error?: { readonly code: string } }[];
  readonly error?: { readonly code: string };
}

/** What a command prints, as long as the test runs. */
function following(lab: TestLab, ...args: readonly string[]): { readonly told: () => string; readonly end: () => Promise<unknown> } {
  const watch = spawn(join(ROOT, 'bin', 'gossip'), [...args], { env: { ...process.env, GOSSIP_HOME: lab.home } });
  onTestFinished(() => void watch.kill('SIGKILL'));
  let told = '';
  for (const stream of [watch.stdout, watch.stderr]) stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const ended = new Promise((resolve) => watch.once('exit', resolve));
  return { told: () => told, end: () => (watch.kill('SIGINT'), ended) };
}

test('the registry is written at one node, read and watched at another, over an update and a crash, and asked of all', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      await lab.ask('deploy', '--module', 'registry', '--wait');
      const json = async <Json>(...args: readonly string[]) => lab.runWith<Json>({}, ...args, '--json');
      const value = async (...args: readonly string[]) => (await json<{ value?: unknown }>('registry', 'get', ...args)).json.value;

      const watch = following(lab, 'registry', 'watch', 'app/', '--to', 'node2');
      // Until it watches nothing is heard: a key for each look.
      await until('it watches', async () => {
        await lab.ask('registry', 'set', `app/${Date.now()}`, 'early', '--to', 'node2');
        return watch.told().includes('early');
      });
      // What looks like a number and is none, and what is no string.
      await lab.ask('registry', 'set', 'app/version', '1.10', '--to', 'node1');
      await lab.ask('registry', 'set', 'app/limits', '{"perSecond":20}', '--json-value', '--to', 'node1');
      await until('it is heard elsewhere', async () => watch.told().includes('set app/limits {"perSecond":20}\n'));
      expect(watch.told()).toContain('set app/version 1.10\n');
      expect([await value('app/version', '--to', 'node2'), await value('app/limits')]).toEqual(['1.10', { perSecond: 20 }]);

      // Through a pipe a value comes as it was set.
      const odd = 'a\nb\u001b[31m';
      await lab.ask('registry', 'set', 'app/strange', odd, '--to', 'node1');
      expect(await lab.runWith({}, 'registry', 'get', 'app/strange', '--to', 'node1')).toMatchObject({ code: 0, stdout: `${odd}\n` });

      await lab.ask('registry', 'set', 'app/soon', 'gone', '--ttl', '1s', '--to', 'node1');
      await until('what was written for a second is gone', async () => {
        const { code } = await json('registry', 'get', 'app/soon', '--to', 'node1');
        return code !== 0;
      });

      const { json: set } = await json<{ version: string }>('registry', 'set', 'app/one', 'a', '--if-version', 'none', '--to', 'node1');
      const taken = await json<{ error: { code: string; reason: string } }>(
        'registry',
        'set',
        'app/one',
        'b',
        '--if-version',
        'none',
        '--to',
        'node1',
      );
      expect([taken.code, taken.json.error]).toMatchObject([1, { code: 'GOSSIP_E_MODULE_REFUSED', reason: 'conflict' }]);
      await lab.ask('registry', 'set', 'app/one', 'b', '--if-version', set.version, '--to', 'node1');
      const listed = await json<{ entries: { key: string; value: unknown }[] }>('registry', 'list', 'app/o', '--to', 'node1');
      expect(listed.json.entries).toMatchObject([{ key: 'app/one', value: 'b' }]);
      await lab.ask('registry', 'delete', 'app/one', '--to', 'node1');
      await until('that is heard, too', async () => watch.told().includes('delete app/one\n'));
      // Who asks at once after a write elsewhere is told that it takes a moment.
      expect((await json<{ error: object }>('registry', 'get', 'app/one', '--to', 'node1')).json.error).toMatchObject({
        code: 'GOSSIP_E_NOT_FOUND',
        advice: expect.stringContaining('within about a second'),
      });

      // An update fails no request that came meanwhile.
      const code = await writeRelabelled(directory, 'registry', '7.0.1');
      const [asked] = await Promise.all([
        Promise.all(Array.from({ length: 4 }, () => lab.runWith({}, 'registry', 'get', 'app/version', '--to', 'node1'))),
        lab.ask('deploy', code, '--module', 'registry', '--wait'),
      ]);
      expect(asked.map(({ code: exit }) => exit)).toEqual([0, 0, 0, 0]);

      const all = (): Promise<{ code: number | null; json: AllJson }> =>
        json<AllJson>('call', 'registry', '{"op":"get","key":"app/version"}', '--all');
      const everybody = await all();
      expect([everybody.code, everybody.json]).toMatchObject([0, { module: 'registry', answered: 3, failed: 0 }]);
      expect(everybody.json.nodes.map(({ name, answer }) => [name, (answer as { value: string }).value])).toEqual([
        ['node1', '1.10'],
        ['node2', '1.10'],
        ['rendezvous1', '1.10'],
      ]);

      await lab.kill('node2');
      const some = await all();
      expect([some.code, some.json]).toMatchObject([4, { answered: 2, failed: 1, error: { code: 'GOSSIP_E_SOME_FAILED' } }]);
      expect(some.json.nodes[1]).toMatchObject({ name: 'node2', error: { code: 'GOSSIP_E_UNREACHABLE' } });
      await lab.start('node2');
      await lab.converged();
      await until('the stream is there again', async () => {
        await lab.ask('registry', 'set', `app/${Date.now()}`, 'late', '--to', 'node2');
        return watch.told().includes('late');
      });
      expect(watch.told()).toContain('trying again');
      expect(await watch.end()).toBe(130);
    }),
  );
}, 360_000);

test('watchers from afar leave the node its peers, and end with it; what is wrong is told with its code', async () => {
  await withLab(LAB, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--wait');
    const codeOf = async (...args: readonly string[]): Promise<string> =>
      (await lab.runWith<{ error: { code: string } }>({}, ...args, '--json')).json.error.code;
    const watches = Array.from({ length: 10 }, () => following(lab, 'watch', 'registry', '--to', 'node1', '--json'));
    // Eight with one identity, and no more.
    await until('two are refused', async () => watches.filter(({ told }) => told().includes('GOSSIP_E_BUSY')).length === 2);
    await lab.ask('deploy', '--module', 'membership', '--to', 'node1', '--wait');
    await lab.ask('registry', 'set', 'a', 'b', '--to', 'node1');
    await until('the others hear', async () => watches.filter(({ told }) => told().includes('"type":"event"')).length === 8);
    await lab.stop('node1');
    await until('they know', async () => watches.filter(({ told }) => told().includes('trying again')).length === 8);
    for (const { end } of watches) await end();

    expect(await codeOf('call', 'nobody', '--to', 'node2')).toBe('GOSSIP_E_MODULE_UNKNOWN');
    expect(await codeOf('call', 'nobody', '--all')).toBe('GOSSIP_E_SOME_FAILED');
    expect(await codeOf('watch', 'nobody', '--to', 'node2')).toBe('GOSSIP_E_MODULE_UNKNOWN');
    expect(await codeOf('call', 'registry', '1', '--to', 'node2')).toBe('GOSSIP_E_MODULE_REFUSED');
    expect(await codeOf('call', 'registry', '1', '--to', 'node9')).toBe('GOSSIP_E_NODE_UNKNOWN');
    // Whoever has no key may look, and not ask.
    await rm(join(lab.directory, 'operator', 'operator.key'));
    expect(await codeOf('call', 'registry', '1', '--to', 'node2')).toBe('GOSSIP_E_KEY');
    await lab.ask('module', 'inspect', 'registry', '--to', 'node2');
  });
}, 240_000);
