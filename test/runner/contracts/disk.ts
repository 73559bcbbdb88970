/** What the engine may rely on of any disk. Each adapter of the port brings its world and passes all of this. */
import { expect, test } from 'vitest';
import type { Checkpoint, Failure, Hint } from '../../../src/gossip/protocol.ts';
import type { ModuleName, PayloadHash } from '../../../src/model/names.ts';
import { textOf } from '../../../src/model/state-bytes.ts';
import type { Disk, Written } from '../../../src/runner/ports.ts';
import { peer, record } from '../../support/records.ts';

export interface DiskWorld {
  readonly disk: Disk;
  /** A state that says `text`, taken `ageMs` ago. */
  checkpoint(text: string, ageMs: number): Checkpoint;
  /** What the state in a checkpoint says. */
  said(checkpoint: Checkpoint): string;
  /** From now on every write is refused, or none. */
  refuse(refuses: boolean): void;
  /** The time on the node's clock goes on. */
  pass(ms: number): Promise<void>;
  /** Returns when it holds; throws when it does not come to hold. */
  until(holds: () => boolean): Promise<void>;
  /** What a node that started now would read. */
  found(): Promise<{ readonly records: readonly PayloadHash[]; readonly hints: readonly Hint[]; readonly state: string | null }>;
  /** The same directory, as the next start of the node has it. */
  reopened(): Disk;
}

const MODULE = 'counter' as ModuleName;
const OTHER = 'other' as ModuleName;
const HINT: Hint = { ...peer(2), failures: 0, proven: true };
/** So many writes that one of another module ends long before. */
const MANY = 40;
/** What writing and reading may add to an age. */
const SLACK_MS = 100;

export function diskContract(make: (module: ModuleName) => Promise<DiskWorld>): void {
  const bench = async () => {
    const world = await make(MODULE);
    const write = async (ask: (done: Written) => void): Promise<Failure | null | undefined> => {
      const said: (Failure | null)[] = [];
      ask((refusal) => said.push(refusal));
      await world.until(() => said.length > 0);
      return said[0];
    };
    const load = async (disk = world.disk): Promise<{ text: string | null; ageMs: number }> => {
      const loaded: { text: string | null; ageMs: number }[] = [];
      disk.loadCheckpoint(MODULE, (found, ageMs) => loaded.push({ text: found && world.said(found), ageMs }));
      await world.until(() => loaded.length > 0);
      return loaded[0] as { text: string | null; ageMs: number };
    };
    const save = (text: string, ageMs = 0) =>
      write((done) => world.disk.saveCheckpoint(MODULE, world.checkpoint(text, ageMs), ageMs, done));
    return { world, disk: world.disk, write, load, save };
  };

  test('what is said to be written is found by the next start', async () => {
    const { world, disk, write, save } = await bench();
    expect(await write((done) => disk.saveConfiguration([record(1), record(2)], done))).toBeNull();
    expect((await world.found()).records).toEqual([record(1).hash, record(2).hash]);
    expect(await write((done) => disk.saveHints([HINT], done))).toBeNull();
    expect(await save('7')).toBeNull();
    expect(await world.found()).toEqual({ records: [record(1).hash, record(2).hash], hints: [HINT], state: '7' });
  });

  test('a write is told of later, once, and not before it is there', async () => {
    const { world, disk } = await bench();
    const said: unknown[] = [];
    disk.saveCheckpoint(MODULE, world.checkpoint('7', 0), 0, (refusal) => said.push(refusal));
    expect(said).toEqual([]);
    await world.until(() => said.length > 0);
    expect((await world.found()).state).toBe('7');
    await world.pass(1_000);
    expect(said).toEqual([null]);
  });

  test('writes to one thing happen in the order in which they were asked for', async () => {
    const { world, disk } = await bench();
    const order: number[] = [];
    for (const number of [1, 2, 3]) disk.saveConfiguration([record(number)], () => order.push(number));
    for (const number of [1, 2, 3]) disk.saveCheckpoint(MODULE, world.checkpoint(`${number}`, 0), 0, () => order.push(10 * number));
    await world.until(() => order.length === 6);
    expect([order.filter((number) => number < 10), order.filter((number) => number >= 10)]).toEqual([
      [1, 2, 3],
      [10, 20, 30],
    ]);
    expect(await world.found()).toMatchObject({ records: [record(3).hash], state: '3' });
  });

  test('a state that is saved after a drop stays, also when what is dropped is of an earlier start', async () => {
    const { world, save } = await bench();
    await save('old');
    const disk = world.reopened();
    const said: unknown[] = [];
    disk.dropCheckpoint(MODULE, (refusal) => said.push(refusal));
    disk.saveCheckpoint(MODULE, world.checkpoint('new', 0), 0, (refusal) => said.push(refusal));
    await world.until(() => said.length === 2);
    expect([said, (await world.found()).state]).toEqual([[null, null], 'new']);
  });

  test('a refusal is told with its reason and leaves what was there, and the next write is taken', async () => {
    const { world, disk, write, load, save } = await bench();
    await write((done) => disk.saveConfiguration([record(1)], done));
    await write((done) => disk.saveHints([HINT], done));
    await save('old');
    world.refuse(true);
    expect(await write((done) => disk.saveConfiguration([record(2)], done))).toMatchObject({ code: 'GOSSIP_E_DISK' });
    expect(await write((done) => disk.saveHints([], done))).toMatchObject({ code: 'GOSSIP_E_DISK' });
    expect(await save('new')).toMatchObject({ code: 'GOSSIP_E_DISK' });
    expect(await world.found()).toEqual({ records: [record(1).hash], hints: [HINT], state: 'old' });
    expect(await load()).toMatchObject({ text: 'old' });
    world.refuse(false);
    expect(await save('new')).toBeNull();
    expect(await load()).toMatchObject({ text: 'new' });
  });

  test('a state is loaded with what it belongs to, and with its age', async () => {
    const { world, disk, save } = await bench();
    await save('7', 3_000);
    await world.pass(2_000);
    const loaded: { readonly checkpoint: Checkpoint | null; readonly ageMs: number }[] = [];
    disk.loadCheckpoint(MODULE, (checkpoint, ageMs) => loaded.push({ checkpoint, ageMs }));
    await world.until(() => loaded.length > 0);
    const { deployment, stateEpoch, state } = world.checkpoint('7', 3_000);
    expect(loaded[0]?.checkpoint).toMatchObject({ deployment, stateEpoch });
    expect(textOf(loaded[0]?.checkpoint?.state ?? []).length).toBe(textOf(state).length);
    expect(loaded[0]?.ageMs).toBeGreaterThanOrEqual(5_000);
    expect(loaded[0]?.ageMs).toBeLessThan(5_000 + SLACK_MS);
  });

  test('of a module without a state nothing is loaded, and nothing is what a drop leaves', async () => {
    const { world, disk, write, load, save } = await bench();
    expect((await load()).text).toBeNull();
    expect(await write((done) => disk.dropCheckpoint(MODULE, done))).toBeNull();
    await save('7');
    expect(await write((done) => disk.dropCheckpoint(MODULE, done))).toBeNull();
    expect([(await load()).text, (await world.found()).state]).toEqual([null, null]);
  });

  test('one module waits for no other', async () => {
    const { world, disk } = await bench();
    const order: string[] = [];
    for (let number = 0; number < MANY; number += 1) {
      disk.saveCheckpoint(MODULE, world.checkpoint(`${number}`, 0), 0, () => order.push('many'));
    }
    disk.saveCheckpoint(OTHER, world.checkpoint('one', 0), 0, () => order.push('one'));
    await world.until(() => order.length === MANY + 1);
    expect(order.indexOf('one')).toBeLessThan(MANY);
  });
}
