/** Every module host crash-loops on all nodes, and a deployment into one rendezvous node heals them. */
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

/** Ten are healed in `npm run faults -- 9`. */
const NODES = 4;
/** Starts as if all were well; no instance lives long enough to gossip. */
const CRASHING = `
export default class Crashing {
  constructor(context) {
    this.context = context;
  }
  acceptState(state) {
    this.state = state;
  }
  start() {
    this.context.after(50, () => queueMicrotask(() => { throw new Error('nothing makes sense any more'); }));
  }
  receive() {
    throw new Error('no answer');
  }
  transferState() {
    return this.state;
  }
}
`;

test('a cluster whose every module crash-loops on every node is healed by one deployment into one rendezvous node', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: NODES, rendezvous: 2, intervalMs: 200 }, async (lab) => {
      const good = await writeModule(directory, notebook('1.0.0'));
      await lab.ask('deploy', good, '--to', 'rendezvous1', '--wait');
      const before = await lab.inspectAll<Notebook>('notebook');

      const bad = await writeModule(directory, { name: 'notebook', version: '2.0.0', source: CRASHING });
      expect(await lab.run('deploy', bad, '--no-check', '--to', 'rendezvous1', '--wait', '--json')).toMatchObject({
        code: 5,
        json: { error: { code: 'GOSSIP_E_HELD' } },
      });
      // Law 9: each node says what it could not keep running, and that its core now gossips in the module's stead.
      await lab.untilSeen('its module host crash-loops', ({ modules, backup }) =>
        modules.some(({ state, restarts, deployment, why }) => {
          const fails = state === 'failed' && restarts > 1 && deployment === null && why?.code === 'GOSSIP_E_MODULE_CRASH';
          return fails && backup?.rate === 'fast';
        }),
      );
      expect((await lab.status()).newest['notebook']).toMatchObject({ deployment: 'd2', version: '2.0.0' });

      const mended = await lab.ask<{ deployment: string; code: string; converged: { nodes: number } }>(
        'deploy',
        await writeModule(directory, notebook('2.0.1')),
        '--to',
        'rendezvous2',
        '--wait',
      );
      expect(mended).toMatchObject({ deployment: 'd3', converged: { nodes: NODES } });
      const healed = { deployment: 'd3', code: mended.code, state: 'running' };
      expect(whatRuns(await lab.converged(), 'notebook')).toEqual(Array.from({ length: NODES }, () => healed));
      // The state outlived the crashes: it came out of each node's last checkpoint.
      expect((await lab.inspectAll<Notebook>('notebook')).map(({ born }) => born)).toEqual(before.map(({ born }) => born));
    }),
  );
}, 360_000);
