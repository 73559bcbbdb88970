/** The core between the protocol and the disk: what is acknowledged, what is refused, what is thrown away, and how it ends. */
import { Trust } from '../../src/trust/trust.ts';
import { wordsOf } from '../../src/trust/words.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/core/adapters/clock.ts';
import { Core } from '../../src/core/core.ts';
import type { Logger } from '../../src/core/log/log.ts';
import type { PeerCalls } from '../../src/core/peers/peer-calls.ts';
import type { RequestCall } from '../../src/core/transport/client/call.ts';
import { openDataDirectory } from '../../src/core/store/data-directory.ts';
import type { DataDirectory } from '../../src/core/store/data-directory.ts';
import { nodeFileSystem } from '../../src/core/store/files/file-system.ts';
import { GossipError } from '../../src/model/errors.ts';
import type { Peer } from '../../src/model/names.ts';
import { stateOf } from '../../src/model/state-bytes.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import { code as codeOf } from '../support/code.ts';
import { key, peer, record, root, verify } from '../support/records.ts';
import { sourceOfBefore } from '../support/source-of-before.ts';
import { NOBODY_ELSE } from '../support/uses.ts';

/** Longer than anything that does not wait takes, also on a busy machine. */
const WAITS_MS = 20_000;
/** No instance runs in these tests. */
const removal = (sequence: number) => record(sequence, { code: null });

interface Bench {
  readonly core: Core;
  readonly data: DataDirectory;
  /** Configurations that were pushed to peers, as text. */
  readonly pushed: string[];
  readonly logged: string[];
  /** Writes of the configuration so far. */
  readonly writes: () => number;
  /** While it is full nothing can be written; what it removes waits for `removal`. */
  disk: { full: boolean; removal: Promise<void> };
}

async function bench(calls: Partial<PeerCalls> = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-core-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const disk = { full: false, removal: Promise.resolve() };
  const open: typeof nodeFileSystem.open = async (path, flags, mode) => {
    if (disk.full && flags !== 'r' && typeof flags === 'string') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    return nodeFileSystem.open(path, flags, mode);
  };
  const removeLate: typeof nodeFileSystem.rm = async (...args) => {
    await disk.removal;
    return nodeFileSystem.rm(...args);
  };
  const data = await openDataDirectory(directory, { fileSystem: { ...nodeFileSystem, open, rm: removeLate } });
  const save = vi.spyOn(data.configuration, 'save');
  onTestFinished(() => data.close());
  const pushed: string[] = [];
  const logged: string[] = [];
  const request = async (_: Peer, { body }: RequestCall): Promise<never> => {
    pushed.push(Buffer.from(body ?? []).toString());
    throw new GossipError('GOSSIP_E_UNREACHABLE', 'nobody is there');
  };
  const note = (_: unknown, message: string): void => void logged.push(message);
  const core = new Core({
    self: peer(1),
    incarnation: 1,
    rendezvous: [peer(1), peer(2)],
    runs: () => true,
    records: [],
    hints: [],
    intervalMs: 20,
    sparesHost: false,
    uses: NOBODY_ELSE,
    data,
    calls: { request, ...calls } as unknown as PeerCalls,
    trust: new Trust(root),
    words: wordsOf(root.cluster, 1, key, () => 0),
    clock: systemClock,
    log: { info: note, warn: note, error: note } as unknown as Logger,
  });
  onTestFinished(async () => void (await core.stop()));
  core.start({ alsoKeep: () => [] });
  return { core, data, pushed, logged, disk, writes: () => save.mock.calls.length };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 25_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const onDisk = async (data: DataDirectory): Promise<number> => (await data.configuration.load()).envelopes.length;

test('an injection is acknowledged once it is on the disk, and spreads (law 5)', async () => {
  const { core, data, pushed } = await bench();
  expect(await core.inject(removal(1))).toBe('applied');
  expect(await onDisk(data)).toBe(1);
  expect(await core.inject(removal(1))).toBe('known');
  await until('it spreads', () => pushed.some((body) => body.includes(removal(1).envelope.payload)));
});

test('an injection is written once, with the rest of the configuration', async () => {
  const { core, data, writes } = await bench();
  await core.inject(removal(1));
  const before = writes();
  await core.inject(removal(2));
  expect(writes() - before).toBe(1);
  expect(await onDisk(data)).toBe(2);
});

test('an injection that the disk refuses is refused, and does not spread; the next one succeeds', async () => {
  const { core, data, pushed, disk } = await bench();
  disk.full = true;
  await expect(core.inject(removal(1))).rejects.toMatchObject({ code: 'GOSSIP_E_DISK' });
  expect(core.knows(removal(1))).toBe(false);
  disk.full = false;
  expect(await core.inject(removal(2))).toBe('applied');
  await until('the other one spreads', () => pushed.some((body) => body.includes(removal(2).envelope.payload)));
  expect(pushed.filter((body) => body.includes(removal(1).envelope.payload))).toEqual([]);
  expect(await onDisk(data)).toBe(1);
});

test('a taken number is refused, and leaves nothing on the disk', async () => {
  const { core, data } = await bench();
  const outcomes = await Promise.all([core.inject(removal(1)), core.inject(record(1, { code: null, message: 'at the same time' }))]);
  expect(outcomes.toSorted()).toEqual(['applied', 'taken']);
  expect(await core.inject(record(1, { code: null, message: 'later' }))).toBe('taken');
  const kept = (await data.configuration.load()).envelopes.map((envelope) => verify(envelope));
  expect(kept).toEqual(core.node.records());
});

test('a disk that refuses is shown while it does, said once, and gossip goes on', async () => {
  const { core, data, logged, disk } = await bench();
  disk.full = true;
  const digest = 'A'.repeat(22);
  const message = { kind: 'configuration', digest, summary: null, records: [removal(1)], peers: [] } as const;
  expect(await core.ask(peer(3), message)).toMatchObject({ kind: 'configuration', fresh: 1 });
  expect(core.diskError).toMatchObject({ code: 'GOSSIP_E_DISK' });
  expect(await core.ask(peer(3), message)).toMatchObject({ fresh: 0 });
  disk.full = false;
  await until('it is written', async () => (await onDisk(data)) === 1);
  await until('it is over', () => core.diskError === null);
  // Configuration and hints; neither with each of its tries.
  expect(logged.filter((line) => line === 'the disk refuses').length).toBeLessThanOrEqual(2);
});

test('nobody but the module itself waits while the disk is busy with its state', async () => {
  const { core, data, disk } = await bench();
  const { module } = removal(1).deployment;
  await data.checkpoints.save(module, { deployment: removal(1).hash, stateEpoch: null, state: stateOf('7') });
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  disk.removal = promise;
  // A removal throws the state away.
  expect(await core.inject(removal(1))).toBe('applied');
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: [], records: [], peers: [] } as const;
  const waits = pause(WAITS_MS, 'it waits for the disk', { ref: false });
  expect(await Promise.race([core.ask(peer(3), message), waits])).toMatchObject({ kind: 'configuration' });
});

test('after its end, a core answers that it stops', async () => {
  const { core } = await bench();
  await core.stop();
  const digest = 'A'.repeat(22);
  const asked = core.ask(peer(3), { kind: 'configuration', digest, summary: [], records: [], peers: [] });
  await expect(asked).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
  await expect(core.inject(removal(1))).rejects.toMatchObject({ code: 'GOSSIP_E_STOPPING' });
});

test('the end waits for a fetch that still writes', async () => {
  const code = codeOf({ 'index.mjs': 'x'.repeat(100_000) });
  const more = Promise.withResolvers<void>();
  let closed = false;
  async function* slowly(): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from('x');
      await more.promise;
    } finally {
      closed = true;
    }
  }
  const asked = Promise.withResolvers<void>();
  const { core, data } = await bench(
    sourceOfBefore({
      manifest: async () => ({ status: 200, body: encodeManifest(code.manifest) }),
      file: async () => (asked.resolve(), { status: 200, body: slowly() }),
    }),
  );
  const message = {
    kind: 'configuration',
    digest: 'A'.repeat(22),
    summary: null,
    records: [record(1, { code: code.reference })],
    peers: [],
  } as const;
  await core.ask(peer(3), message);
  await asked.promise;
  await core.stop();
  more.resolve();
  await core.settled();
  expect(closed).toBe(true);
  expect((await data.content.partial(code.manifest.files[0]?.sha256 as never, 100_000)).bytes).toBe(1);
});
