/** Attack A7: a source is slow on purpose, with one file or with many. First where code is fetched, then against a real node. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate, setTimeout as later } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import * as product from '../../src/core/peers/code-fetch.ts';
import { ContentStore } from '../../src/core/store/code/content-store.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import type { ContentHash } from '../../src/model/names.ts';
import { code as codeOf, words } from '../support/code.ts';
import type { Lie } from '../support/hostile-peer.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import { peer } from '../support/records.ts';
import { sourceOfBefore } from '../support/source-of-before.ts';
import { mutant } from '../trust/mutant.ts';
import type { Mutation } from '../trust/mutant.ts';

const FILES = 100;
const many = codeOf(Object.fromEntries(Array.from({ length: FILES }, (_, index) => [`f${1_000 + index}.mjs`, `export default ${index}`])));

type Stream = (call: { readonly path: string; readonly totalMs: number }) => Promise<AsyncIterable<Uint8Array>>;

/** Fetches from a source that sends what `stream` says; the clock is the test's own. */
async function fetchFrom(fetching: typeof product, code: typeof many, stream: Stream, now: () => number): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-content-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const store = await ContentStore.open(directory, { quotaBytes: 10_000_000 });
  const calls = sourceOfBefore({
    manifest: async () => ({ status: 200, body: encodeManifest(code.manifest) }),
    file: async (call) => ({ status: 200, body: await stream(call) }),
  });
  const outcome = fetching.fetchCode({ calls, store, patienceMs: 1_000, now }, code.reference, peer(2));
  return outcome.then(
    () => undefined,
    (error: { code: string }) => error.code,
  );
}

/** How long a source with many small files, each just in time, was borne with; and how many files it gave. */
async function fetchManyLate(fetching: typeof product): Promise<{ heldMs: number; files: number; code: string | undefined }> {
  let [heldMs, files] = [0, 0];
  const stream: Stream = async ({ path }) => {
    const answeredAt = heldMs + 3_900;
    files += 1;
    await setImmediate();
    heldMs = Math.max(heldMs, answeredAt);
    return Readable.from([many.blobs.get(path.slice(path.lastIndexOf('/') + 1) as ContentHash) as Uint8Array]);
  };
  const code = await fetchFrom(fetching, many, stream, () => heldMs);
  return { heldMs, files, code };
}

test('attack A7: a source whose many files are each just in time is left within 15 s', async () => {
  const { heldMs, files, code } = await fetchManyLate(product);
  expect({ inTime: heldMs <= 15_000, few: files <= 6, code }).toEqual({ inTime: true, few: true, code: 'GOSSIP_E_TIMEOUT' });
});

/** The clock of what a source takes in all, left out. */
const UNJUDGED: Mutation = { in: 'SourcePace.wait', always: '#leftMs' };

test('without patience that ends, attack A7 by many files holds a node for minutes', async () => {
  const { heldMs, files, code } = await fetchManyLate(await mutant<typeof product>('core/peers/code-fetch.ts', UNJUDGED));
  expect({ long: heldMs > 100_000, files, code }).toEqual({ long: true, files: FILES, code: undefined });
});

const large = codeOf({ 'index.mjs': Buffer.alloc(1_000_000, 'code ') });

/** How long a source was borne with that sends one large file at a steady rate. */
async function fetchSteady(fetching: typeof product, bytesPerSecond: number) {
  let [heldMs, sent, allowedMs] = [0, 0, 0];
  const [blob] = [...large.blobs.values()] as [Uint8Array];
  const stream: Stream = async ({ totalMs }) => {
    allowedMs = totalMs;
    return (async function* () {
      for (; sent < blob.length; sent += bytesPerSecond) {
        await setImmediate();
        heldMs += 1_000;
        yield blob.subarray(sent, sent + bytesPerSecond);
      }
    })();
  };
  const code = await fetchFrom(fetching, large, stream, () => heldMs);
  return { heldMs, code, cutByTotal: heldMs > allowedMs };
}

test('a slow link that is steady is borne with for as long as the code takes', async () => {
  const { heldMs, ...rest } = await fetchSteady(product, 6_000);
  expect({ long: heldMs > 160_000, ...rest }).toEqual({ long: true, code: undefined, cutByTotal: false });
});

test('attack A7: a source just too slow is left within 30 s, however large the code', async () => {
  const { heldMs, code } = await fetchSteady(product, 3_000);
  expect({ inTime: heldMs <= 30_000, code }).toEqual({ inTime: true, code: 'GOSSIP_E_TIMEOUT' });
});

test('without the rate of all together, attack A7 by one large file holds a node for minutes', async () => {
  const { heldMs, code } = await fetchSteady(await mutant<typeof product>('core/peers/code-fetch.ts', UNJUDGED), 3_000);
  expect({ long: heldMs > 300_000, code }).toEqual({ long: true, code: undefined });
});

/** The product's deadlines, shorter: the test need not take as long as the attack. */
const HASTE: readonly Mutation[] = [
  { in: 'FIRST_PATIENCE_MS', is: '400' },
  { in: 'CLIENT_LIMITS.rateWindowMs', is: '500' },
];
/** So long that every deadline has passed twice, were there one. */
const LONG_MS = 1_000;

/** One byte now and then. */
async function* drip(count: { bytes: number }): AsyncGenerator<Uint8Array> {
  for (;;) {
    await later(20);
    count.bytes += 1;
    yield Buffer.from('x');
  }
}

const ways: Readonly<Record<string, { lie: () => Lie; without: readonly Mutation[] }>> = {
  'sends byte by byte': {
    lie: () => {
      const count = { bytes: 0 };
      return () => ({ status: 200, body: Readable.from(drip(count)) });
    },
    without: [{ in: 'Source.stream.minBytesPerSecond', is: '0' }],
  },
  'takes the question and never answers': {
    lie: () => () => new Promise(() => undefined),
    without: [{ in: 'PeerClient.stream', of: 'headMs', is: 'call.totalMs' }],
  },
};

/** A node that is told of a deployment by a slow source, and knows an honest one. */
async function askSlow(lie: Lie, without: readonly Mutation[], route: 'bundle' | 'blob' = 'blob') {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], without: [...HASTE, ...without] });
  const [node] = cluster.nodes as [LiveNode];
  const good = words();
  const [slow, honest] = [await HostilePeer.join(cluster.token), await HostilePeer.join(cluster.token, 'honest')];
  for (const source of [slow, honest]) source.codes.set(good.reference.hash, good);
  slow.lies = { [route]: lie };
  await honest.tell(node.peer, []);
  await slow.tell(node.peer, [cluster.sign(1, { code: good })]);
  await node.until('the slow one was asked', async () => slow.count(route) > 0);
  return { cluster, honest };
}

const routes = Object.entries(ways).flatMap(([way, { lie }]) => (['bundle', 'blob'] as const).map((route) => [way, route, lie] as const));

test.each(routes)('attack A7: a source that %s, asked for a %s, is left for the next one', async (_, route, lie) => {
  const { cluster, honest } = await askSlow(lie(), [], route);
  await cluster.converge('d1');
  expect(honest.count('bundle', 'files')).toBeGreaterThan(0);
});

test.each(Object.entries(ways))('without its deadline, a source that %s holds a node up (attack A7)', async (_, { lie, without }) => {
  const { cluster, honest } = await askSlow(lie(), without);
  await later(LONG_MS);
  expect([honest.count('files'), (await cluster.node('rendezvous1').module())?.state]).toEqual([0, 'updating']);
});
