/** Attack A6 against a real node: a member sends data without end in the place of a record, a manifest or a blob. */
import { expect, test } from 'vitest';
import { configuration, Endless, forgedDigest, HostilePeer } from '../support/hostile-peer.ts';
import { SMALL_FILE_BYTES } from '../../src/api/bundle.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import { moduleCode, words } from '../support/code.ts';
import type { Code } from '../support/code.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import type { Mutation } from '../trust/mutant.ts';

const MIB = 1024 * 1024;
/** What the sender would send: enough to tell a bounded read from one that is not. */
const ENDLESS_BYTES = 96 * MIB;
/** What an answer to a configuration exchange may have. */
const MAX_ANSWER_BYTES = 4 * MIB;
/** What may lie in the buffers of two TLS connections, beyond the bound itself. */
const IN_FLIGHT_BYTES = 8 * MIB;

const UNBOUNDED: readonly Mutation[] = [
  { in: 'askWhole', never: ['maxBytes', '>'] },
  { in: 'askWhole', never: 'isAnnouncedTooLarge' },
];

/** Code of which a bundle has no room for `module.json`: it is asked for by a list. */
function ofTwoLists(): Code {
  const [source] = words().blobs.values();
  return moduleCode(
    'words',
    Buffer.from(source as Uint8Array)
      .toString()
      .padEnd(SMALL_FILE_BYTES, '\n'),
  );
}

/** A peer that tells of a deployment and then never stops talking on one route. */
async function talker(cluster: LiveCluster, route: 'exchange-configuration' | 'bundle' | 'files' | 'manifest' | 'blob') {
  const [node] = cluster.nodes as [LiveNode];
  const hostile = await HostilePeer.join(cluster.token);
  const good = route === 'files' ? ofTwoLists() : words();
  hostile.codes.set(good.reference.hash, good);
  const endless = new Endless(ENDLESS_BYTES);
  hostile.lies = { [route]: endless.lie };
  await hostile.tell(node.peer, [cluster.sign(1, { code: good })]);
  await node.until(`it was asked for a ${route}`, async () => hostile.count(route) > 0);
  return { node, hostile, endless, good };
}

const manifestBytes = ({ manifest }: Code): number => encodeManifest(manifest).length;

test.each([
  ['bundle', 'GOSSIP_E_CODE_MISMATCH'],
  ['files', 'GOSSIP_E_CODE_MISMATCH'],
  ['manifest', 'GOSSIP_E_TOO_LARGE'],
  ['blob', 'GOSSIP_E_CODE_MISMATCH'],
] as const)('attack A6: an endless %s is cut off, leaves nothing on the disk, and others are asked', async (route, why) => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  const { node, endless, good } = await talker(cluster, route);
  await node.until('it says why', async () => (await node.module())?.why?.code === why);
  expect(endless.mostBytes).toBeLessThan(IN_FLIGHT_BYTES);
  // What came before the endless answer was whole and right.
  const before = { bundle: 0, manifest: 0, blob: manifestBytes(good), files: manifestBytes(good) + SMALL_FILE_BYTES };
  const smallFiles = good.manifest.files.filter(({ path }) => path === 'module.json').reduce((sum, { size }) => sum + size, 0);
  expect((await node.status()).disk.contentBytes).toBeLessThanOrEqual(before[route] + smallFiles);

  const honest = await HostilePeer.join(cluster.token, 'honest');
  honest.codes.set(good.reference.hash, good);
  await honest.tell(node.peer, [cluster.sign(1, { code: good })]);
  await cluster.converge('d1');
});

test('attack A6: endless records are cut off, and the node goes on', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  const { node, endless, hostile } = await talker(cluster, 'exchange-configuration');
  await node.until('it has asked many times', async () => hostile.count('exchange-configuration') > 4);
  expect(endless.mostBytes).toBeLessThan(MAX_ANSWER_BYTES + IN_FLIGHT_BYTES);
  await cluster.deploy(node, 2, { code: words('2.0.0') });
  await cluster.converge('d2');
});

test('where answers are read to their end, attack A6 fills the memory', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], without: UNBOUNDED });
  const { node, endless } = await talker(cluster, 'exchange-configuration');
  await node.until('it took very much', async () => endless.mostBytes > ENDLESS_BYTES / 2);
  expect(endless.mostBytes).toBeGreaterThan(MAX_ANSWER_BYTES + IN_FLIGHT_BYTES);
});

test('attack A6: a record larger than 16 KiB is refused at the door, and so are too many of them', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  const [node] = cluster.nodes as [LiveNode];
  const hostile = await HostilePeer.join(cluster.token);
  const record = cluster.sign(1, { code: words() });
  const fat = { envelope: { ...record.envelope, payload: 'A'.repeat(20_000) } };
  expect(await hostile.tell(node.peer, [fat])).toMatchObject({ status: 413, json: { code: 'GOSSIP_E_TOO_LARGE' } });
  const body = configuration({ digest: forgedDigest(), records: Array.from({ length: 300 }, () => record.envelope) });
  expect(await hostile.say(node.peer, '/v1/configuration', { method: 'POST', body })).toMatchObject({ status: 400 });
  expect((await node.status()).highestSequence).toBe(0);
});
