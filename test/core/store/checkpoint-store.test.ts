import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CheckpointStore } from '../../../src/core/store/state/checkpoint-store.ts';
import { carry } from '../../../src/sdk/carried.ts';
import { MAX_STATE_BYTES } from '../../../src/sdk/limits.ts';
import type { Checkpoint } from '../../../src/gossip/protocol.ts';
import type { ModuleName, PayloadHash } from '../../../src/model/names.ts';
import { Copies } from '../../../src/core/store/files/copies.ts';
import { faultyDisk } from './faulty-file-system.ts';
import { flip } from './flip.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';

const COUNTER = 'counter' as ModuleName;
const REGISTRY = 'registry' as ModuleName;
const hash = (letter: string) => letter.repeat(64) as PayloadHash;
const checkpoint = (state: string, stateEpoch: PayloadHash | null = null): Checkpoint => ({
  deployment: hash('a'),
  stateEpoch,
  state: stateOf(state),
});

test('the last checkpoint of each module is loaded, also after a restart', async () => {
  const dir = await temporaryDirectory();
  const store = new CheckpointStore(dir);
  expect(await store.load(COUNTER)).toBeNull();
  for (const state of ['', 'one', '{"ü":"\\n"}\n\n', '😀\u0000']) {
    await store.save(COUNTER, checkpoint(state, hash('b')));
    expect(await new CheckpointStore(dir).load(COUNTER)).toEqual(checkpoint(state, hash('b')));
  }
  await store.save(REGISTRY, checkpoint('other'));
  expect(await store.load(REGISTRY)).toEqual(checkpoint('other'));
});

test('any changed byte: the checkpoint before is loaded, and the damage is told', async () => {
  const dir = await temporaryDirectory();
  const store = new CheckpointStore(dir);
  await store.save(COUNTER, checkpoint('older'));
  await store.save(COUNTER, checkpoint('newer'));
  const whole = await readFile(join(dir, 'counter.1'));
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole);
    flip(flipped, at, 0x10);
    await writeFile(join(dir, 'counter.1'), flipped);
    let damaged = 0;
    expect(await new CheckpointStore(dir).load(COUNTER, () => (damaged += 1))).toEqual(checkpoint('older'));
    expect(damaged).toBe(1);
  }
});

test('what was dropped never comes back, older and damaged files included, and saving goes on', async () => {
  const dir = await temporaryDirectory();
  const store = new CheckpointStore(dir);
  for (const state of ['one', 'two']) await store.save(COUNTER, checkpoint(state));
  await store.save(REGISTRY, checkpoint('stays'));
  await writeFile(join(dir, 'counter.1'), 'damaged');
  await store.load(COUNTER);
  await Promise.all([store.save(COUNTER, checkpoint('three')), store.drop(COUNTER)]);
  expect(await readdir(dir)).toEqual(['registry.0']);
  expect(await new CheckpointStore(dir).load(COUNTER)).toBeNull();
  await store.drop(COUNTER);
  await store.save(COUNTER, checkpoint('four'));
  expect(await new CheckpointStore(dir).load(COUNTER)).toEqual(checkpoint('four'));
});

test('dropping what is not there costs a look and no write: thousands of modules may have been removed', async () => {
  const { fileSystem, operations } = faultyDisk(null);
  const store = new CheckpointStore(await temporaryDirectory(), { fileSystem });
  await store.drop(COUNTER);
  await store.drop(REGISTRY);
  expect(operations).toEqual(['readdir', 'readdir']);
});

test('a state of 64 MiB is kept, one byte more is refused and the last one stays', async () => {
  const dir = await temporaryDirectory();
  const store = new CheckpointStore(dir);
  const largest = checkpoint('x'.repeat(MAX_STATE_BYTES));
  await store.save(COUNTER, largest);
  await expect(store.save(COUNTER, { ...largest, state: [...largest.state, ...stateOf('x')] })).rejects.toMatchObject({
    code: 'GOSSIP_E_TOO_LARGE',
  });
  await expect(store.save(COUNTER, checkpoint('ü'.repeat(MAX_STATE_BYTES / 2 + 1)))).rejects.toMatchObject({ code: 'GOSSIP_E_TOO_LARGE' });
  const loaded = await new CheckpointStore(dir).load(COUNTER);
  expect(Buffer.concat(loaded?.state ?? []).equals(Buffer.concat(largest.state))).toBe(true);
});

test('a state of bytes is kept as it is, under a name that version 0.1 does not know', async () => {
  const dir = await temporaryDirectory();
  const store = new CheckpointStore(dir);
  const bytes: Checkpoint = { ...checkpoint(''), state: [carry(Uint8Array.of(0x0a, 0xff, 0x7b, 0)), Uint8Array.of(0xff)] };
  await store.save(COUNTER, bytes);
  const loaded = await new CheckpointStore(dir).load(COUNTER);
  expect(Buffer.concat(loaded?.state ?? []).equals(Buffer.concat(bytes.state))).toBe(true);
  expect((await readFile(join(dir, 'counter.0'))).includes('"encoding":"bytes"')).toBe(true);
  const largest = { ...bytes, state: [carry(new Uint8Array(MAX_STATE_BYTES))] };
  await store.save(COUNTER, largest);
  await expect(store.save(COUNTER, { ...largest, state: [...largest.state, Uint8Array.of(1)] })).rejects.toMatchObject({
    message: `a state of ${MAX_STATE_BYTES + 1} bytes, ${MAX_STATE_BYTES} are allowed`,
  });
});

test('what an earlier version kept in UTF-16 is loaded', async () => {
  const dir = await temporaryDirectory();
  const label = { deployment: hash('a'), stateEpoch: null, encoding: 'utf16le' };
  const file = Buffer.concat([Buffer.from(`${JSON.stringify(label)}\n`), Buffer.from('half \ud800 a pair', 'utf16le')]);
  await new Copies(join(dir, 'counter'), { maxBytes: 10_000 }).write(file);
  expect(await new CheckpointStore(dir).load(COUNTER)).toEqual(checkpoint('half \ufffd a pair'));
});

test('a large state is hashed, written and read in slices, and others get their turn between any two of them', async () => {
  const store = new CheckpointStore(await temporaryDirectory());
  const pieces = Array.from({ length: 8 }, (_, at) => Buffer.alloc(1024 * 1024, at));
  const large = { ...checkpoint(''), state: pieces };
  expect(await turnsDuring(() => store.save(COUNTER, large))).toBeGreaterThan(2 * 8 * 4 - 2);
  let loaded: Checkpoint | null = null;
  expect(await turnsDuring(async () => void (loaded = await store.load(COUNTER)))).toBeGreaterThan(8 * 4 - 2);
  expect(Buffer.concat((loaded as Checkpoint | null)?.state ?? []).equals(Buffer.concat(pieces))).toBe(true);
});

/** How often the event loop came round meanwhile. */
async function turnsDuring(act: () => Promise<void>): Promise<number> {
  let turns = 0;
  let going = true;
  const count = (): void => {
    turns += 1;
    if (going) setImmediate(count);
  };
  setImmediate(count);
  await act();
  going = false;
  return turns;
}

test('on a full disk the last checkpoint stays, and the next save succeeds', async () => {
  const dir = await temporaryDirectory();
  await mkdir(join(dir, 'state'));
  const { fileSystem } = faultyDisk({ at: 9, errno: 'ENOSPC', lasting: 'once' });
  const store = new CheckpointStore(join(dir, 'state'), { fileSystem });
  const saved: string[] = [];
  for (const state of ['one', 'two', 'three']) {
    await store.save(COUNTER, checkpoint(state)).then(
      () => saved.push(state),
      (thrown: { code: string }) => expect(thrown.code).toBe('GOSSIP_E_DISK'),
    );
    expect(await store.load(COUNTER)).toEqual(saved.length === 0 ? null : checkpoint(saved.at(-1) ?? ''));
  }
  expect(saved).toHaveLength(2);
});

test('a state that did not change is not written again once two files stand, and its time is renewed; a label that changed is written', async () => {
  const dir = await temporaryDirectory();
  const disk = faultyDisk(null);
  const store = new CheckpointStore(dir, { fileSystem: disk.fileSystem });
  const writes = (): number => disk.operations.filter((operation) => operation === 'rename').length;
  await store.save(COUNTER, checkpoint('same'));
  await utimes(join(dir, 'counter.0'), 1_000, 1_000);
  expect(await store.takenAt(COUNTER)).toBe(1_000_000);
  // Damage to the one file must not cost the state: it is written once more, and then no more.
  for (const takenAt of [1_500_000, 2_000_000]) await store.save(COUNTER, checkpoint('same'), takenAt);
  expect(writes()).toBe(2);
  expect(await store.takenAt(COUNTER)).toBe(2_000_000);
  const relabelled = { ...checkpoint('same'), deployment: 'e'.repeat(64) as Checkpoint['deployment'] };
  for (const takenAt of [3_000_000, 4_000_000]) await store.save(COUNTER, relabelled, takenAt);
  expect([writes(), await store.takenAt(COUNTER)]).toEqual([3, 4_000_000]);
  expect(await new CheckpointStore(dir).load(COUNTER)).toEqual(relabelled);
});

test('a state whose file is gone is written again although it did not change', async () => {
  const dir = await temporaryDirectory();
  const store = new CheckpointStore(dir);
  await store.save(COUNTER, checkpoint('same'));
  await rm(join(dir, 'counter.0'));
  await store.save(COUNTER, checkpoint('same'));
  expect(await new CheckpointStore(dir).load(COUNTER)).toEqual(checkpoint('same'));
  await store.drop(COUNTER);
  await store.save(COUNTER, checkpoint('same'));
  expect(await new CheckpointStore(dir).load(COUNTER)).toEqual(checkpoint('same'));
});
