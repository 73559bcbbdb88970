/** Nodes that slept through a scrub join clean, and bring nothing of the old state back (law 3). */
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

const NAMES = ['rendezvous1', 'node1', 'node2'];
/** One stops in order and one is killed: both have old state on disk. */
const SLEEPERS = ['node1', 'node2'];

test('a node that was stopped before a scrub and started after two further deployments joins clean', async () => {
  await withSleepers(['--scrub'], async (lab) => {
    await lab.untilInspected<Notebook>('notebook', 'the sleepers gossip with everybody again', (states) => {
      // At no moment, not only at the end.
      expect(states.flatMap(({ words }) => words.filter(isOld))).toEqual([]);
      expect(states.filter(({ born }) => born.startsWith('d1 '))).toEqual([]);
      return states.every(({ words }) => NAMES.every((name) => words.includes(`${name} d4`)));
    });
    expect(await lab.converged()).toMatchObject({ converged: true, newest: { notebook: { deployment: 'd4' } } });
  });
}, 300_000);

test('without the scrub, the same sleepers do bring the old state along', async () => {
  await withSleepers([], async (lab) => {
    const states = await lab.untilInspected<Notebook>('notebook', 'everybody has the old state', (all) =>
      all.every(({ words }) => NAMES.every((name) => words.includes(`${name} d1`))),
    );
    expect(states.map(({ born }) => born.split(' ')[0])).toEqual(NAMES.map(() => 'd1'));
  });
}, 300_000);

/** The story up to the awakening; `scrub` is how the deployment while they sleep is made. */
async function withSleepers(scrub: readonly string[], awake: (lab: TestLab) => Promise<void>): Promise<void> {
  await withDirectory((directory) =>
    withLab({ nodes: NAMES.length, rendezvous: 1 }, async (lab) => {
      const deploy = async (version: string, ...flags: readonly string[]): Promise<void> => {
        const code = await writeModule(directory, notebook(version));
        await lab.ask('deploy', code, '--to', 'rendezvous1', '--wait', '--skip-silent', ...flags);
      };
      await deploy('1.0.0');
      await lab.untilInspected<Notebook>('notebook', 'everybody knows of everybody', (states) =>
        states.every(({ words }) => words.length === NAMES.length),
      );
      await lab.stop('node1');
      await lab.kill('node2');
      await deploy('2.0.0', ...scrub);
      await deploy('3.0.0');
      await deploy('4.0.0');
      await lab.start(...SLEEPERS);
      await lab.converged();
      await awake(lab);
    }),
  );
}

function isOld(word: string): boolean {
  return word.endsWith(' d1');
}
