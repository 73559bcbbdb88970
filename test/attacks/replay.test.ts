/** Attack A2 against a real node: an admitted peer replays older records, signed and genuine, in random order. */
import { expect, test } from 'vitest';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import { words } from '../support/code.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import { seeded } from '../support/records.ts';

const NEWEST = 60;

function shuffled<T>(values: readonly T[]): T[] {
  const random = seeded(7);
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** What the node takes for the newest after each of the older records, and once more after a restart. */
async function replay(cluster: LiveCluster): Promise<string[]> {
  const [node] = cluster.nodes as [LiveNode];
  const hostile = await HostilePeer.join(cluster.token);
  // One code for all of them: what is tried here is the order, not the code.
  await cluster.deploy(node, NEWEST, { code: words() });
  await cluster.converge(`d${NEWEST}`);
  const older = Array.from({ length: NEWEST - 1 }, (_, index): VerifiedDeployment => cluster.sign(index + 1, { code: words() }));
  const newest: string[] = [];
  for (const record of shuffled(older)) {
    expect(await hostile.tell(node.peer, [record])).toMatchObject({ status: 200, json: { fresh: 1 } });
    newest.push((await node.module())?.newest ?? 'none');
  }
  await node.stop();
  await node.start();
  return [...newest, (await node.module())?.newest ?? 'none'];
}

test('attack A2: however older records are replayed, the deployment never decreases', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  expect(new Set(await replay(cluster))).toEqual(new Set([`d${NEWEST}`]));
  await cluster.converge(`d${NEWEST}`);
});

test('where the last record told wins, attack A2 rolls the node back', async () => {
  const mutation = { in: 'Configuration', of: ['compareDeployments()', '>'], is: 'compareDeployments(record, other) !== 0' };
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], without: [mutation] });
  expect(new Set(await replay(cluster)).size).toBeGreaterThan(NEWEST / 2);
});
