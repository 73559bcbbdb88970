/** What instances say last: a node that stops in order is seen to leave, and a module learns why it ends. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildModule } from '../../../scripts/build-modules.ts';
import { code, moduleCode } from '../../support/code.ts';
import type { Code } from '../../support/code.ts';
import { LiveCluster } from '../../support/live-cluster.ts';
import type { LiveNode } from '../../support/live-cluster.ts';

interface Members {
  readonly members: readonly { readonly name: string; readonly state: string }[];
}

async function membership(): Promise<Code> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-membership-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const built = await buildModule('membership', directory);
  const text = (name: string): Promise<string> => readFile(join(built, name), 'utf8');
  return code({ 'index.mjs': await text('index.mjs'), 'module.json': await text('module.json') });
}

async function seen(observer: LiveNode, { peer }: LiveNode): Promise<string | undefined> {
  const shown = await observer.inspect<Members>('membership');
  return shown?.members.find(({ name }) => name === peer.name)?.state;
}

/** Tells every peer why it ends, and keeps what it is told. */
const TELLER = `
export default class Teller {
  constructor(context) { this.context = context; this.told = []; }
  start() { this.context.every(100, () => Promise.all(this.context.peers(8).map((peer) => this.context.exchange(peer, 'round').catch(() => null)))); }
  receive(body) { if (body !== 'round') this.told.push(body); return null; }
  transferState() { return JSON.stringify(this.told); }
  acceptState(state) { this.told = JSON.parse(state); }
  inspect() { return this.told; }
  async stop(reason) { await Promise.all(this.context.peers(8).map((peer) => this.context.exchange(peer, reason).catch(() => null))); }
}
`;

test('a node that stops in order has left: nobody suspects it, and an update is no farewell', async () => {
  const cluster = await LiveCluster.up({ names: ['a', 'b', 'c'] });
  const [a, b, c] = cluster.nodes as [LiveNode, LiveNode, LiveNode];
  const built = await membership();
  await cluster.deploy(a, 1, { module: 'membership', code: built });
  await cluster.converge('d1', cluster.nodes, 'membership');
  const states = new Set<string | undefined>();
  const sees = async (state: string): Promise<boolean> => {
    const both = await Promise.all([seen(a, c), seen(b, c)]);
    for (const each of both) states.add(each);
    return both.every((each) => each === state);
  };
  await a.until('all are alive', () => sees('alive'));
  await cluster.deploy(a, 2, { module: 'membership', code: built, settings: { intervalMs: 150 } });
  await cluster.converge('d2', cluster.nodes, 'membership');
  states.clear();
  await a.until('all are still alive', () => sees('alive'));
  await c.stop();
  await a.until('c has left', () => sees('left'));
  states.delete('alive');
  expect([...states]).toEqual(['left']);
  await c.start();
  await a.until('c is back', () => sees('alive'));
});

test('the last words of an instance are heard at a shutdown, and not at an update', async () => {
  const cluster = await LiveCluster.up({ names: ['a', 'b'] });
  const [a, b] = cluster.nodes as [LiveNode, LiveNode];
  await cluster.deploy(a, 1, { code: moduleCode('words', TELLER) });
  await cluster.converge('d1');
  await cluster.deploy(a, 2, { code: moduleCode('words', `${TELLER}\n`) });
  await cluster.converge('d2');
  // Peers are told with the rounds.
  await a.until('they gossip', async () => (await a.module())?.useful === true);
  await b.stop();
  await a.until('it was told', async () => ((await a.inspect<string[]>()) ?? []).length > 0);
  expect(await a.inspect()).toEqual(['shutdown']);
});
