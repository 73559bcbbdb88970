/** Programs that a node starts for events, with the built program and real members that come and go. */
import { execFileSync } from 'node:child_process';
import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import { processesBelow } from '../support/processes.ts';

const EXAMPLE = join(ROOT, 'examples', 'applications', 'members.sh');
const LAB = { nodes: 3, rendezvous: 1, intervalMs: 150 };

async function program(directory: string, name: string, script: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('skipped: the example needs curl, which this machine lacks\n');
    return false;
  }
}

test.runIf(hasCurl())(
  'the example keeps a list of the living members while one is killed and comes back',
  async () => {
    await withDirectory((directory) =>
      withLab(LAB, async (lab) => {
        const script = join(directory, 'members.sh');
        await cp(EXAMPLE, script);
        await lab.stop('node1');
        const node = await lab.startWith('node1', { flags: ['--on', `join,leave,fail=${script}`] });
        await lab.ask('deploy', '--module', 'membership', '--wait');
        const alive = async (): Promise<string[]> => {
          const text = await readFile(join(directory, 'members.json'), 'utf8').catch(() => '{"members":[]}');
          return (JSON.parse(text) as { members: { name: string }[] }).members.map(({ name }) => name).toSorted();
        };
        const all = ['node1', 'node2', 'rendezvous1'];
        const listed = (names: readonly string[]) => async () => JSON.stringify(await alive()) === JSON.stringify(names);
        await until('all are listed', listed(all));
        await lab.kill('node2');
        await until('the killed one is not', listed(['node1', 'rendezvous1']));
        await lab.start('node2');
        await until('it is again', listed(all));
        expect(await node.stop()).toMatchObject({ code: 0 });
      }),
    );
  },
  240_000,
);

test('a handler that hangs, one that fails and a flood of events hold the node up in nothing; what runs ends with the node', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      const hanging = await program(directory, 'hanging.sh', `trap '' TERM\necho $$ >"${directory}/pid"\nwhile :; do sleep 0.2; done`);
      const failing = await program(directory, 'failing.sh', `env >"${directory}/env"\nexit 7`);
      await lab.stop('node1');
      const flags = ['--on', `deployment=${hanging}`, '--on', `registry:flood=${failing}`];
      const node = await lab.startWith('node1', { flags, env: { CLOUD_SECRET: 'hush' } });
      onTestFinished(async () => {
        for (const pid of await processesBelow(directory)) process.kill(pid, 'SIGKILL');
      });
      await lab.ask('deploy', '--module', 'registry', '--wait');
      await until('the first runs', async () => (await readFile(join(directory, 'pid'), 'utf8').catch(() => '')) !== '');
      const { connect } = await import('../../src/client/index.ts');
      const gossip = connect({ socket: join(lab.node('node1').directory, 'app.sock') });
      onTestFinished(() => gossip.close());
      const registry = gossip.module('registry');
      for (let at = 0; at < 20; at += 1) {
        await Promise.all(Array.from({ length: 50 }, (_, key) => registry.request({ op: 'set', key: `flood${key}`, value: at })));
      }
      // At the node whose handlers are busy, and through it.
      await lab.ask('deploy', '--module', 'membership', '--to', 'node1', '--wait');
      await lab.untilStatus('what is lost is told', ({ nodes }) => {
        const told = nodes.find(({ name }) => name === 'node1')?.handlers ?? [];
        return told[0]?.running === true && (told[1]?.failed ?? 0) > 0 && (told[1]?.lost ?? 0) > 0;
      });
      expect((await lab.run('status')).stdout).toMatch(/node1: \d+ events are lost for registry:flood=/);
      expect(await readFile(join(directory, 'env'), 'utf8')).not.toContain('hush');
      expect(await node.stop()).toMatchObject({ code: 0 });
      expect(await processesBelow(directory)).toEqual([]);
    }),
  );
}, 240_000);

test('a program that is not there is refused before the node makes anything', async () => {
  await withLab({ nodes: 1, rendezvous: 1 }, async (lab) => {
    await lab.stop('rendezvous1');
    for (const flags of [
      ['--on', 'join=/nonexistent/program'],
      ['--on', `join=${lab.home}`],
      ['--on', 'join'],
      ['--on', 'join=/bin/true', '--modules', 'registry'],
    ]) {
      await expect(lab.startWith('rendezvous1', { flags })).rejects.toThrow('GOSSIP_E_HANDLER');
    }
  });
}, 120_000);
