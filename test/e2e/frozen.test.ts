/** A node that is there and hangs: it holds up nothing that `--wait` says of the others. */
import { expect, test } from 'vitest';
import { withLab } from '../support/lab.ts';

test('--wait counts those that answer while one node hangs, within ten seconds', async () => {
  await withLab({ nodes: 4, rendezvous: 1 }, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--to', 'rendezvous1', '--wait');
    await lab.signal('node3', 'SIGSTOP');
    try {
      const deploy = ['deploy', '--module', 'registry', '--to', 'rendezvous1', '--wait', '--json', '--timeout'];
      const waited = await lab.run(...deploy, '10s', '--skip-silent');
      const silent = [{ name: 'node3' }];
      expect(waited).toMatchObject({ code: 0, json: { converged: { outcome: 'converged', nodes: 3, answered: 3, silent } } });
      // Whom it has asked for less than some seconds it does not call silent.
      const stragglers = expect.arrayContaining([expect.objectContaining({ name: 'node3', why: 'has not answered yet' })]);
      const early = await lab.run(...deploy, '1s');
      expect(early).toMatchObject({ code: 4, json: { converged: { outcome: 'timeout', silent: [], stragglers } } });
    } finally {
      await lab.signal('node3', 'SIGCONT');
    }
    await lab.ask('deploy', '--module', 'registry', '--to', 'rendezvous1', '--wait');
  });
}, 300_000);
