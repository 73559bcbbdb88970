/** A module that loops for ever on every node neither silences a core nor withstands the next deployment (law 4). */
import { expect, test } from 'vitest';
import type { NodeRow } from '../../src/operator/status/status.ts';
import { withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

/** Each costs a processor for as long as its module loops. */
const NODES = 2;

/** Where a module may begin to loop, and what a node then says: with good old code at hand the node goes on with that. */
const LOOPS = [
  {
    where: 'in a timer, once it runs',
    source: looping({ starting: 'this.context.after(100, () => { while (true) {} });' }),
    state: 'failed',
  },
  { where: 'while it is loaded', source: looping({ loading: 'while (true) {}' }), state: 'held' },
];

test('while (true) {} on every node: every core answers throughout, and the next deployment heals them', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: NODES, rendezvous: 1 }, async (lab) => {
      await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--to', 'rendezvous1', '--wait');
      const before = await lab.inspectAll<Notebook>('notebook');
      for (const [index, { where, source, state }] of LOOPS.entries()) {
        const bad = await writeModule(directory, { name: 'notebook', version: `2.${index}.0`, source });
        const { deployment } = await lab.ask<{ deployment: string }>('deploy', bad, '--no-check', '--to', 'rendezvous1');
        await answersWhile(lab, (node) => hangs(node, state));
        expect({ where, newest: (await lab.status()).newest['notebook'] }).toMatchObject({ where, newest: { deployment } });

        const mended = await writeModule(directory, notebook(`2.${index}.1`));
        const healed = await lab.ask<{ deployment: string; code: string }>('deploy', mended, '--to', 'rendezvous1', '--wait');
        const good = { deployment: healed.deployment, code: healed.code, state: 'running' };
        const runs = whatRuns(await lab.converged(), 'notebook');
        expect({ where, runs }).toEqual({ where, runs: Array.from({ length: NODES }, () => good) });
      }
      expect((await lab.inspectAll<Notebook>('notebook')).map(({ born }) => born)).toEqual(before.map(({ born }) => born));
    }),
  );
}, 360_000);

/** Every single look must find every core, until each has told that its module hangs. */
async function answersWhile(lab: TestLab, tells: (node: NodeRow) => boolean): Promise<void> {
  const told = new Set<string>();
  await lab.untilStatus('all nodes have said that the module hangs', ({ nodes }) => {
    expect(nodes.map(({ reachable }) => reachable)).toEqual(Array.from({ length: NODES }, () => true));
    for (const node of nodes.filter(tells)) told.add(node.id);
    return told.size === NODES;
  });
}

/** Its silence shows, or the time for the step is over: both are five seconds. */
function hangs({ modules }: NodeRow, state: string): boolean {
  return modules.some(
    (module) => module.state === state && (module.why?.code === 'GOSSIP_E_MODULE_HUNG' || module.why?.message.includes('did not end')),
  );
}

function looping({ loading = '', starting = '' }: { loading?: string; starting?: string }): string {
  return `
${loading}
export default class Looping {
  constructor(context) {
    this.context = context;
  }
  acceptState(state) {
    this.state = state;
  }
  start() {
    ${starting}
  }
  receive() {
    return null;
  }
  transferState() {
    return this.state;
  }
}
`;
}
