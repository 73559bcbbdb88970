/** Bad input: files of a node that were cut off, changed or lost before it starts again. It recovers, or says which file is damaged. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GossipError } from '../../src/model/errors.ts';
import type { ClusterStatus, NodeRow } from '../../src/operator/status/status.ts';
import { cutOff, emptied, filesBelow, flipped, lost } from '../support/damage.ts';
import type { Damage } from '../support/damage.ts';
import { gossip, startNode, until } from '../support/gossip.ts';
import { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

const TEST_MS = 240_000;

let lab: TestLab;
let directory: string;
/** Data directory of the node that suffers. */
let data: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-damage-'));
  lab = await TestLab.up({ nodes: 2, rendezvous: 1 });
  data = lab.node('node1').directory;
  await lab.ask('deploy', '--module', 'registry', '--wait');
  await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
  await lab.converged();
}, TEST_MS);

afterAll(async () => {
  await lab?.end();
  await rm(directory, { recursive: true, force: true });
}, TEST_MS);

/** The two kinds that every file suffers here; test/core/store has more, byte by byte, and test/faults has state and code. */
const damages: [string, Damage][] = [
  ['cut off', cutOff],
  ['changed by a bit', flipped],
];

/** Stops the node at once, lets `act` loose on its files, and starts it again. */
async function restartAfter(act: () => Promise<unknown>): Promise<void> {
  await lab.kill('node1');
  try {
    await act();
  } finally {
    await lab.start('node1');
  }
}

function node1({ nodes }: ClusterStatus): NodeRow {
  return nodes.find(({ name }) => name === 'node1') as NodeRow;
}

async function born(): Promise<string> {
  const { state } = await lab.ask<{ state: Notebook }>('module', 'inspect', 'notebook', '--to', 'node1');
  return state.born;
}

describe('the rest', () => {
  it.each(damages)(
    'peers, admissions, journal and lock %s: the node starts without them',
    async (_, damage) => {
      const files = ['hints.json', 'admissions.json', 'journal.jsonl', 'lock'].map((name) => join(data, name));
      // The damage before took some of them away, and the node writes them in its own time.
      await until('all files are there', async () => files.every((file) => existsSync(file)));
      await restartAfter(() => Promise.all(files.map(damage)));
      expect(node1(await lab.converged()).reachable).toBe(true);
    },
    TEST_MS,
  );

  it.each(damages)(
    'the count of restarts %s: it goes on rising',
    async (_, damage) => {
      const before = node1(await lab.converged()).incarnation as number;
      await restartAfter(async () => Promise.all((await filesBelow(data, /^incarnation\.[01]$/)).map(damage)));
      expect(node1(await lab.converged()).incarnation).toBeGreaterThan(before);
    },
    TEST_MS,
  );
});

describe("the node's papers", () => {
  /** Starts the node with damaged papers, and puts them back. */
  async function refusal(file: string, damage: Damage): Promise<{ code: string; message: string }> {
    const whole = await readFile(join(data, file));
    await lab.kill('node1');
    await damage(join(data, file));
    try {
      await lab.start('node1');
    } catch (error) {
      return error as GossipError;
    } finally {
      await writeFile(join(data, file), whole);
    }
    throw new Error('it started');
  }

  it.each(damages)(
    'what it belongs to %s: it says so and does not start, and no new cluster is made',
    async (_, damage) => {
      expect(await refusal('cluster.json', damage)).toMatchObject({
        code: 'GOSSIP_E_DATA_CORRUPT',
        message: expect.stringMatching(/cluster\.json is damaged and was set aside/),
      });
      await lab.start('node1');
      await lab.converged();
      expect(await lab.ask('cluster', 'list')).toMatchObject([{ name: 'lab' }]);
    },
    TEST_MS,
  );

  it(
    'what it belongs to lost: it does not make a cluster of its own over the rest',
    async () => {
      // What was set aside before would be named as the first cause.
      await rm(join(data, 'cluster.json.damaged'), { force: true });
      expect((await refusal('cluster.json', lost)).code).toBe('GOSSIP_E_NO_CLUSTER');
      await lab.start('node1');
      await lab.converged();
      expect(await lab.ask('cluster', 'list')).toMatchObject([{ name: 'lab' }]);
    },
    TEST_MS,
  );

  it.each([
    ['cut off', cutOff],
    ['emptied', emptied],
  ] as const)(
    'its key %s: it says so and does not start',
    async (_, damage) => {
      expect(await refusal('identity.key', damage)).toMatchObject({
        code: 'GOSSIP_E_KEY',
        message: expect.stringMatching(/identity\.key is damaged/),
      });
      await lab.start('node1');
      await lab.converged();
    },
    TEST_MS,
  );

  it.each([
    ['changed by a bit', flipped],
    ['lost', lost],
  ] as const)(
    'its key %s: it does not start as another node',
    async (_, damage) => {
      expect(['GOSSIP_E_KEY', 'GOSSIP_E_DATA_CORRUPT']).toContain((await refusal('identity.key', damage)).code);
      await lab.start('node1');
      await lab.converged();
    },
    TEST_MS,
  );

  it(
    'its key lost for good: a token lets it join as a new node, with what it had',
    async () => {
      const before = await born();
      await lab.stop('node1');
      await rm(join(data, 'identity.key'));
      const { token } = await lab.ask<{ token: string }>('cluster', 'join-token');
      const args = ['node', 'identity', '--data', data, '--json'];
      const { id } = (await gossip<{ id: string }>(args, { home: lab.home })).json;
      const { address } = lab.node('node1');
      const node = await startNode(['--data', data, '--listen', address, '--interval', '150ms', '--join', token], { home: lab.home });
      try {
        expect(node).toMatchObject({ name: 'node1', id });
        const runsAll = ({ modules }: NodeRow): boolean => modules.length === 2 && modules.every(({ state }) => state === 'running');
        await lab.untilStatus('the new node runs everything', ({ nodes }) => nodes.some((one) => one.id === id && runsAll(one)));
        const { state } = await lab.ask<{ state: Notebook }>('module', 'inspect', 'notebook', '--to', id);
        expect(state.born).toBe(before);
      } finally {
        await node.stop();
      }
    },
    TEST_MS,
  );
});
