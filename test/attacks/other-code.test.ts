/** Attack A1: a peer answers requests for code with other bytes. First where code is fetched, then against a real node. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import type * as CodeFetch from '../../src/core/peers/code-fetch.ts';
import type { PeerCalls } from '../../src/core/peers/peer-calls.ts';
import type * as Content from '../../src/core/store/code/content-store.ts';
import type { ContentHash } from '../../src/model/names.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import { bundledFiles, MANIFEST_END } from '../../src/api/bundle.ts';
import { code as codeOf, words } from '../support/code.ts';
import type { Code } from '../support/code.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';
import { peer, seeded } from '../support/records.ts';
import { mutant } from '../trust/mutant.ts';
import type { Mutation } from '../trust/mutant.ts';

const TRIES = 1_000;
const signed = codeOf({ 'index.mjs': 'export default class Good {}\n', 'module.json': '{}' });
const empty = { headers: new Map<string, string>() };

/** Every check of the bytes between the network and the module. */
const NOTHING_HASHED: readonly Mutation[] = [
  { in: 'BlobStore.put', never: ['received', 'hash'] },
  { in: 'BlobStore.#append', never: ['whole', 'hash'] },
  { in: 'BlobStore.copy', of: ['found', '==='], is: 'found !== null' },
];

/** A peer that lies in one of many ways about each request, by chance. */
function liar(random: () => number): PeerCalls {
  const pick = (count: number) => Math.floor(random() * count);
  const spoil = (bytes: Uint8Array): Uint8Array => {
    const spoilt = Buffer.from(bytes);
    const at = pick(spoilt.length);
    spoilt[at] = (spoilt[at] ?? 0) ^ (1 << pick(8));
    const ways = [
      spoilt,
      spoilt.subarray(0, at),
      Buffer.concat([bytes, Buffer.from('x')]),
      Buffer.alloc(bytes.length, 'x'),
      Buffer.alloc(0),
    ];
    return ways[pick(ways.length)] as Uint8Array;
  };
  const manifest = (): Uint8Array => {
    const sound = encodeManifest(signed.manifest);
    const other = encodeManifest(codeOf({ 'index.mjs': `export default ${random()}` }).manifest);
    // Mostly the true manifest, or no file would ever be asked for.
    return [sound, sound, sound, spoil(sound), other][pick(5)] as Uint8Array;
  };
  const files = bundledFiles(signed.manifest).map(({ sha256 }) => signed.blobs.get(sha256) as Uint8Array);
  const answerTo = (path: string): Uint8Array => {
    if (path.endsWith('/files')) return Buffer.concat(files.map(spoil));
    if (path.endsWith('/bundle')) return Buffer.concat([manifest(), MANIFEST_END, ...files.map(spoil)]);
    return spoil(signed.blobs.get(path.slice(path.lastIndexOf('/') + 1) as ContentHash) as Uint8Array);
  };
  const stream = async (_: unknown, { path }: { path: string }) => {
    return { status: [200, 206][pick(2)], ...empty, body: Readable.from([answerTo(path)]) };
  };
  return { stream } as unknown as PeerCalls;
}

/** After how many of the tries the store took the code for whole. */
async function tryOften(fetching: typeof CodeFetch, content: typeof Content): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-content-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const store = await content.ContentStore.open(directory, { quotaBytes: 1_000_000 });
  const calls = liar(seeded(1));
  let taken = 0;
  for (let tried = 0; tried < TRIES && taken === 0; tried += 1) {
    const outcome = await fetching
      .fetchCode({ calls, store, patienceMs: 1_000 }, signed.reference, peer(2))
      .catch((error: { code: string }) => error.code);
    expect([undefined, 'GOSSIP_E_CODE_MISMATCH', 'GOSSIP_E_UNREACHABLE', 'GOSSIP_E_CANONICAL', 'GOSSIP_E_SCHEMA']).toContain(outcome);
    if (await store.has(signed.reference.hash)) taken += 1;
  }
  return taken;
}

test('attack A1: of 1,000 answers with other bytes, none becomes code', async () => {
  const real = await Promise.all([import('../../src/core/peers/code-fetch.ts'), import('../../src/core/store/code/content-store.ts')]);
  expect(await tryOften(...real)).toBe(0);
});

test('where nothing is hashed, attack A1 succeeds at once', async () => {
  const content = await mutant<typeof Content>('core/store/code/content-store.ts', ...NOTHING_HASHED);
  expect(await tryOften(await import('../../src/core/peers/code-fetch.ts'), content)).toBe(1);
});

const EVIL = `
export default class Evil {
  receive() {}
  transferState() { return ''; }
  acceptState() {}
  inspect() { return 'evil'; }
}
`;

/** Under the hash of the good code's source, other source of the same length. */
function evilTwin(good: Code): Map<ContentHash, Uint8Array> {
  const source = good.manifest.files.find(({ path }) => path === 'index.mjs')?.sha256;
  return new Map([...good.blobs].map(([hash, blob]) => [hash, hash === source ? Buffer.from(EVIL.padEnd(blob.length)) : blob]));
}

/** Lets a hostile peer be the first to tell of a deployment, and the only one that has any code. */
async function offerOtherCode(cluster: LiveCluster): Promise<{ node: LiveNode; hostile: HostilePeer; good: Code }> {
  const [node] = cluster.nodes as [LiveNode];
  const hostile = await HostilePeer.join(cluster.token);
  const good = words();
  hostile.codes.set(good.reference.hash, { ...good, blobs: evilTwin(good) });
  await hostile.tell(node.peer, [cluster.sign(1, { code: good })]);
  await node.until('it asked for the code', async () => hostile.count('bundle') > 0);
  return { node, hostile, good };
}

test('attack A1: a node runs none of it, takes the code from whoever has it, and then asks the liar last', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  const { node, hostile, good } = await offerOtherCode(cluster);
  await node.until('it says why it runs nothing', async () => (await node.module())?.why?.code === 'GOSSIP_E_CODE_MISMATCH');
  expect((await node.module())?.pid).toBeNull();

  const honest = await HostilePeer.join(cluster.token, 'honest');
  honest.codes.set(good.reference.hash, good);
  await honest.tell(node.peer, [cluster.sign(1, { code: good })]);
  await cluster.converge('d1');
  expect(await node.inspect()).toMatchObject({ words: [] });

  const next = words('2.0.0');
  honest.codes.set(next.reference.hash, next);
  const asked = hostile.count('bundle');
  await hostile.tell(node.peer, [cluster.sign(2, { code: next })]);
  await cluster.converge('d2');
  expect(hostile.count('bundle')).toBe(asked);
});

test('where nothing is hashed, attack A1 runs other code on a node', async () => {
  const further: readonly Mutation[] = [
    { in: 'isIntact', of: ['found', 'sha256'], is: 'found === null' },
    { in: 'loading.load', never: ['found', 'expected'] },
  ];
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], without: [...NOTHING_HASHED, ...further] });
  const { node } = await offerOtherCode(cluster);
  await cluster.converge('d1');
  expect(await node.inspect()).toBe('evil');
});
