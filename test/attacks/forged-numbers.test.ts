/** Attack B1 against a real node: one admitted peer forges stamps and digests, to set off a storm of fetches. */
import { expect, test } from 'vitest';
import { formatStamp } from '../../src/gossip/stamp.ts';
import { words } from '../support/code.ts';
import { configuration, forgedDigest, forgedStamp, HostilePeer, json } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';

const FORGERIES = 10_000;
/** Its burst, and what one peer may cause in the rounds that this takes. */
const MAX_RECORD_FETCHES = 70;
/** Slow, so that the rounds of a busy machine do not count for more than the burst. */
const INTERVAL_MS = 5_000;
const AT_ONCE = 8;

/** Answers everything with numbers that nobody ever gave out, and says each time that it has learnt something. */
async function liar(cluster: LiveCluster): Promise<HostilePeer> {
  const hostile = await HostilePeer.join(cluster.token);
  hostile.lies = {
    'exchange-configuration': () => json(200, configuration({ fresh: 3 })),
    exchange: () => json(409, { stamp: formatStamp(forgedStamp()), records: [] }, { 'gossip-digest': forgedDigest() }),
  };
  return hostile;
}

/** Forges in requests, and lets the node's own module ask for more. Ends after all of them, or once `enough` holds. */
async function forge(cluster: LiveCluster, hostile: HostilePeer, enough: () => boolean = () => false): Promise<void> {
  const [node] = cluster.nodes as [LiveNode];
  let left = FORGERIES;
  const worker = async (): Promise<void> => {
    while (left > 0 && !enough()) {
      left -= 1;
      if (left % 2 === 0) await hostile.exchange(node.peer, 'words', forgedStamp(), []);
      else await hostile.tell(node.peer, []);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

test('attack B1: 10,000 forged numbers cause at most 70 record fetches and no code fetch, and nobody else notices', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1'], intervalMs: INTERVAL_MS });
  const [node] = cluster.nodes as [LiveNode];
  await cluster.deploy(node, 1, { code: words() });
  await cluster.converge('d1');
  const before = (await cluster.node('node1').module())?.pid;
  const hostile = await liar(cluster);
  await forge(cluster, hostile);

  expect(hostile.count('exchange-configuration')).toBeLessThanOrEqual(MAX_RECORD_FETCHES);
  expect(hostile.count('manifest', 'blob')).toBe(0);
  expect((await cluster.node('node1').module())?.pid).toBe(before);
  await cluster.deploy(node, 2, { code: words('2.0.0') });
  await cluster.converge('d2');
});

test('without a budget for hints, attack B1 is a storm', async () => {
  const mutation = { in: 'Reconciler.hinted', drop: ['budget', 'take()'] };
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], intervalMs: INTERVAL_MS, without: [mutation] });
  const [node] = cluster.nodes as [LiveNode];
  await cluster.deploy(node, 1, { code: words() });
  await cluster.converge('d1');
  const hostile = await liar(cluster);
  const stormed = () => hostile.count('exchange-configuration') > 10 * MAX_RECORD_FETCHES;
  await forge(cluster, hostile, stormed);
  await node.until('the storm rages', async () => stormed());
  expect(hostile.count('exchange-configuration')).toBeGreaterThan(MAX_RECORD_FETCHES);
});
