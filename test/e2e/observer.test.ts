/** A second operator, in a home of his own, whose key may only observe. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandHere } from '../support/commands.ts';
import { gossip, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

/** Of some twenty commands and a lab, on a machine that has much else to do. */
const TIMEOUT_MS = 300_000;

test(
  'whoever observes reads logs and asks modules, and nothing that he signs is taken; without the role he reads nothing',
  async () => {
    await withDirectory((directory) =>
      withLab({ nodes: 2, rendezvous: 1, intervalMs: 150 }, async (lab) => {
        const at = (name: string): string => join(directory, name);
        const file = async (name: string, ...args: readonly string[]) =>
          writeFile(at(name), (await lab.run(...args)).stdout, { mode: 0o600 });
        const look = async (...args: readonly string[]) => {
          const variables = { GOSSIP_HOME: at('dashboard'), GOSSIP_KEY_FILE: at('dash.key') };
          return (await commandHere(args, directory, variables)) ?? gossip(args, { home: at('dashboard'), env: variables });
        };
        const refused = { code: 6, stderr: expect.stringContaining('GOSSIP_E_SIGNATURE') };
        const named = {
          code: 6,
          stderr: expect.stringMatching(/^Error: your key dashboard .*: it has the role observe only \[GOSSIP_E_SIGNATURE\]$/m),
        };

        await mkdir(at('dashboard'));
        await lab.ask('deploy', '--module', 'registry', '--wait');
        await file('dash.pub', 'key', 'new', at('dash.key'));
        await lab.ask('cluster', 'export', at('prod.cluster'));
        await file('gossip.token', 'cluster', 'join-token');
        expect((await look('cluster', 'import', at('prod.cluster'), '--join', `@${at('gossip.token')}`)).code).toBe(0);
        // To be a member is not enough.
        expect(await look('logs')).toMatchObject(refused);
        expect((await look('status')).code).toBe(0);

        await lab.ask('cluster', 'add-operator', 'dashboard', at('dash.pub'), '--role', 'observe');
        expect(await look('logs')).toMatchObject({ code: 0, stdout: expect.stringContaining('root-accepted version=2') });
        await until('every node knows him', async () => (await look('logs', '--to', 'node1')).code === 0);
        expect((await look('registry', 'set', 'greeting', 'hello', '--to', 'node1')).code).toBe(0);
        expect(await look('registry', 'get', 'greeting', '--to', 'node1')).toMatchObject({ code: 0, stdout: 'hello\n' });
        for (const args of [
          ['deploy', '--module', 'registry'],
          ['remove', 'registry'],
          ['module', 'state', 'export', 'registry', at('state')],
          ['cluster', 'join-token'],
        ])
          expect([args, await look(...args)]).toMatchObject([args, named]);
        expect((await look('cluster', 'add-operator', 'friend', at('dash.pub'), '--role', 'deploy')).code).toBe(6);

        await lab.ask('cluster', 'remove-operator', 'dashboard');
        expect(await look('logs')).toMatchObject(refused);
      }),
    );
  },
  TIMEOUT_MS,
);
