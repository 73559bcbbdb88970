/** `gossip drill` on a real lab: it breaks, it heals, and whoever kills it finds out how to mend what it left. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DrillJson } from '../../src/commands/terminal/drilling.ts';
import { launch, until } from '../support/gossip.ts';
import type { Launched } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';

const NODES = 3;

test('a drill kills every module, brings back what ran with its state, and can be killed at any moment', async () => {
  await withLab({ nodes: NODES, rendezvous: 1, intervalMs: 200 }, async (lab) => {
    expect(await lab.run('drill')).toMatchObject({ code: 1, stderr: expect.stringContaining('GOSSIP_E_DRILL') });
    for (const module of ['membership', 'registry']) await lab.ask('deploy', '--module', module, '--to', 'rendezvous1', '--wait');
    await lab.converged();
    expect((await lab.run('registry', 'set', 'greeting', 'hello', '--to', 'rendezvous1')).code).toBe(0);
    await greeted(lab);

    const drill = await lab.ask<DrillJson>('drill');
    const everywhere = { nodes: NODES, known: NODES, down: NODES };
    expect(drill).toMatchObject({
      lab: true,
      interrupted: false,
      modules: [
        {
          module: 'membership',
          before: 'd1',
          drill: 'd3',
          heal: 'd5',
          collapse: everywhere,
          healing: { outcome: 'converged', nodes: NODES },
        },
        {
          module: 'registry',
          before: 'd2',
          drill: 'd4',
          heal: 'd6',
          collapse: everywhere,
          healing: { outcome: 'converged', nodes: NODES },
        },
      ],
    });
    await greeted(lab);
    expect((await lab.status()).nodes.flatMap(({ modules }) => modules.map(({ stateEpoch }) => stateEpoch))).toEqual(
      Array.from({ length: 2 * NODES }, () => 0),
    );

    await killed(lab);
    await interrupted(lab);
    await short(lab);

    // Outside a lab it takes a word more, which nobody types by accident.
    const [file, aside] = [join(lab.directory, 'lab.json'), join(lab.directory, 'lab.aside')];
    await rename(file, aside);
    try {
      expect(await lab.run('drill')).toMatchObject({ code: 2, stderr: expect.stringContaining('GOSSIP_E_UNCONFIRMED') });
    } finally {
      await rename(aside, file);
    }
    expect((await lab.status()).newest['registry']?.version).not.toBe('drill');
  });
}, 600_000);

async function killed(lab: TestLab): Promise<void> {
  const drill = await broken(lab);
  drill.child.kill('SIGKILL');
  await drill.ended;
  expect(await lab.run('drill')).toMatchObject({ code: 1, stderr: expect.stringContaining('gossip drill --heal') });
  const healed = await lab.ask<DrillJson>('drill', '--heal');
  expect(healed.modules.map(({ module, healing }) => [module, healing?.outcome])).toEqual([
    ['membership', 'converged'],
    ['registry', 'converged'],
  ]);
  await greeted(lab);
  expect(await lab.ask<DrillJson>('drill', '--heal')).toMatchObject({ modules: [] });
}

async function interrupted(lab: TestLab): Promise<void> {
  const once = await broken(lab);
  // As a terminal and a parent that passes it on do.
  once.child.kill('SIGINT');
  once.child.kill('SIGINT');
  expect(await once.ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining('what was broken is being healed'),
    stdout: expect.stringContaining(`Healed: all ${NODES} nodes run again what ran before`),
  });
  await greeted(lab);

  const twice = await broken(lab);
  twice.child.kill('SIGINT');
  await until('it has heard the first', async () => twice.stderr().includes('Interrupted'));
  twice.child.kill('SIGTERM');
  const { code, stderr } = await twice.ended;
  expect([code, stderr]).toEqual([143, expect.stringMatching(/: gossip (rollback d\d+ --module registry --wait|rollout d\d+)$/m)]);
  await lab.ask('drill', '--heal');
  await lab.converged();
  await greeted(lab);
}

/** Its time is that of the healing: the modules are seen to go down all the same. */
async function short(lab: TestLab): Promise<void> {
  await lab.converged();
  const drill = await lab.run('drill', '--module', 'registry', '--timeout', '100ms');
  expect([drill.code, drill.stdout]).toEqual([4, expect.stringContaining('Dead on every node after')]);
  await lab.converged();
  await greeted(lab);
}

/** A drill that has broken everything and not healed it yet. */
async function broken(lab: TestLab): Promise<Launched> {
  await lab.converged();
  const drill = launch(['drill'], { home: lab.home });
  await until('both modules are broken', async () => drill.stdout().includes('registry  broken on purpose'));
  return drill;
}

/** The entry is on every node. */
async function greeted(lab: TestLab): Promise<void> {
  for (const { name } of lab.nodes) {
    await until(
      `${name} knows the greeting`,
      async () => (await lab.run('registry', 'get', 'greeting', '--to', name)).stdout === 'hello\n',
    );
  }
}
