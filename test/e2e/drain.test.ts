/** A node is taken out of service: what its modules knew at their last moment is there when it is started again, or the module is named that kept nothing. */
import { expect, test } from 'vitest';
import type { LeavingJson } from '../../src/commands/terminal/leaving.ts';
import { holderOfDirectory } from '../../src/core/store/files/lock.ts';
import { isLeaveWished, wishLeave } from '../../src/core/store/leave-wish.ts';
import { until, withDirectory } from '../support/gossip.ts';
import type { Ran } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { stubborn, writeModule } from '../support/modules.ts';

test('a drained node has kept what was written last; a module that hangs is named; who has not ended in time is told', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      await lab.ask('deploy', '--module', 'registry', '--to', 'rendezvous1', '--wait');
      expect(await lab.run('drain', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringMatching(/GOSSIP_E_NO_NODE[^]*--data DIR/) });
      expect(await lab.run('drain', 'node2', '--data', lab.node('node1').directory)).toMatchObject({ code: 2 });

      await lab.ask('registry', 'set', 'last/words', 'kept', '--to', 'node2');
      expect(await lab.ask<LeavingJson>('drain', 'node2')).toMatchObject({
        data: lab.node('node2').directory,
        ended: true,
        already: false,
        leftAt: expect.stringMatching(/^20.*Z$/),
        told: 2,
        heard: 2,
        modules: [{ name: 'registry', deployment: 'd1', saved: true, why: null, bytes: expect.any(Number), ageMs: expect.any(Number) }],
      });
      await lab.untilStatus('node2 has left', ({ left }) => left.some(({ name }) => name === 'node2'));
      // It may be drained twice: what it told is there until it starts again.
      for (const [word, ...words] of [['drain', 'node2'] as const, ['node', 'leave', '--name', 'node2'] as const]) {
        const again = await lab.run<LeavingJson>(word, ...words, '--json');
        expect(again).toMatchObject({ code: 0, json: { ended: true, already: true, heard: 2, modules: [{ saved: true }] } });
      }
      expect((await lab.run('drain', 'node2')).stdout).toMatch(/^It had left before, at 20.*\nregistry d1: saved.*when it left\.\n/);

      await asksAgain(lab);

      const code = await writeModule(directory, stubborn);
      await lab.ask('deploy', code, '--no-check', '--to', 'node1');
      const hung = await lab.run('drain', 'node1');
      expect([hung.code, hung.stdout, hung.stderr]).toEqual([
        1,
        expect.stringMatching(/^registry d1: saved.*\nstubborn d2: NOT saved/m),
        expect.stringContaining("'stubborn'"),
      ]);
      await lab.signal('rendezvous1', 'SIGSTOP');
      const late = await lab.run<LeavingJson>('drain', 'rendezvous1', '--timeout', '200ms', '--json');
      expect(late).toMatchObject({ code: 4, json: { ended: false, told: null, modules: [] } });
      // Asked again, it is not ended at once: the command waits for the end that is under way, or hears of it afterwards.
      const again = lab.run<LeavingJson>('drain', 'rendezvous1', '--json');
      await lab.signal('rendezvous1', 'SIGCONT');
      expect(await again).toMatchObject({ code: 1, json: { ended: true, told: 0, modules: [{ saved: true }, { saved: false }] } });

      // Nobody is left who could give it back: it is from its own disk.
      await lab.start('node2');
      expect((await lastWords(lab)).stdout).toContain('kept');
    }),
  );
}, 300_000);

/** Resolves once the registry of node2 runs and has them. */
function lastWords(lab: TestLab): Promise<Ran> {
  return until('node2 has its registry again', async () => {
    const answer = await lab.run('registry', 'get', 'last/words', '--to', 'node2');
    return answer.code === 0 && answer;
  });
}

/** A command that was killed between its wish and its signal has asked for nothing: the next one does, and the next start knows of no wish. */
async function asksAgain(lab: TestLab): Promise<void> {
  const { directory } = lab.node('node2');
  await lab.start('node2');
  wishLeave(directory);
  await lab.kill('node2');
  await lab.start('node2');
  expect(isLeaveWished(directory)).toBe(false);
  wishLeave(directory);
  const drained = await lab.run<LeavingJson>('drain', 'node2', '--timeout', '8s', '--json');
  expect(drained).toMatchObject({ code: 0, json: { ended: true, modules: [{ saved: true }] } });

  // It ends when nobody waits any more: whoever asks next is told.
  await lab.start('node2');
  await lastWords(lab);
  await lab.signal('node2', 'SIGSTOP');
  expect((await lab.run('drain', 'node2', '--timeout', '200ms')).code).toBe(4);
  await lab.signal('node2', 'SIGCONT');
  await until('node2 has ended', async () => holderOfDirectory(directory) === null);
  expect(await lab.run<LeavingJson>('drain', 'node2', '--json')).toMatchObject({ code: 0, json: { ended: true, heard: 2 } });

  // A start takes it back: killed afterwards it has not left. (The process ends a moment after it gave its directory free.)
  await lab.kill('node2');
  await lab.start('node2');
  await lab.kill('node2');
  expect(await lab.run('drain', 'node2')).toMatchObject({ code: 3, stderr: expect.stringContaining('GOSSIP_E_UNREACHABLE') });
  await lab.start('node2');
  await lastWords(lab);
  expect((await lab.run('drain', 'node2')).code).toBe(0);
}
