/** A simulated disk: durable is durable. */
import { describe, expect, test } from 'vitest';
import type { Hint } from '../../src/gossip/protocol.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ContentHash } from '../../src/model/names.ts';
import { Disk } from '../../src/sim/node/disk.ts';
import type { Write } from '../../src/sim/node/disk.ts';
import { Copies } from '../../src/sim/node/copies.ts';
import { Random } from '../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../src/sdk/virtual/scheduler.ts';

const CODE = `sha256:${'a'.repeat(64)}` as ContentHash;

const other = `sha256:${'b'.repeat(64)}` as ContentHash;
const records = (...hashes: string[]): VerifiedDeployment[] => hashes.map((hash) => ({ hash }) as unknown as VerifiedDeployment);

function makeDisk(seed = 1) {
  const scheduler = new Scheduler();
  const disk = new Disk(new Random(`seed ${seed}`), (delayMs, run) => scheduler.after(delayMs, run));
  const said: string[] = [];
  const write = (what: Write): void => disk.write(what, (refusal) => said.push(refusal?.message ?? 'durable'));
  const all = async (): Promise<void> => {
    await scheduler.run(scheduler.now + 1_000);
  };
  const hashes = (): string[] => disk.content.records.map(({ hash }) => hash);
  return { disk, said, write, all, hashes };
}

test('a write is there once it is said to be durable, and not said before', async () => {
  const { disk, said, write, all } = makeDisk();
  write({ file: 'code', code: CODE });
  expect([disk.content.codes.has(CODE), said]).toEqual([false, []]);
  await all();
  expect([disk.content.codes.has(CODE), said]).toEqual([true, ['durable']]);
});

test('writes of one file end in the order in which they were asked for', async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { write, all, hashes } = makeDisk(seed);
    for (const hash of ['1', '2', '3']) write({ file: 'configuration', records: records(hash), steps: [], notes: [] });
    await all();
    expect(hashes()).toEqual(['3']);
  }
});

test('a crash during writes leaves the old or the new content of each file, and says nothing', async () => {
  const kept = new Set<string>();
  for (let seed = 0; seed < 50; seed += 1) {
    const { disk, said, write, all } = makeDisk(seed);
    for (const code of [CODE, other]) write({ file: 'code', code });
    disk.crash();
    const after = [...disk.content.codes];
    await all();
    expect([[...disk.content.codes], said]).toEqual([after, []]);
    kept.add(after.map((code) => code.at(-1)).join());
  }
  expect(kept).toEqual(new Set(['', 'a', 'b', 'a,b']));
});

test('what was durable before a crash or a power cut stays; of the hints, which are not synced, a power cut leaves new, old or none', async () => {
  const left = new Set<number>();
  for (let seed = 0; seed < 50; seed += 1) {
    const { disk, write, all, hashes } = makeDisk(seed);
    write({ file: 'configuration', records: records('1'), steps: [], notes: [] });
    for (const count of [1, 2]) {
      write({ file: 'hints', hints: Array.from({ length: count }, () => ({}) as Hint) });
      await all();
    }
    disk.crash();
    expect([hashes(), disk.content.hints.length]).toEqual([['1'], 2]);
    disk.cutPower();
    expect(hashes()).toEqual(['1']);
    left.add(disk.content.hints.length);
  }
  expect(left).toEqual(new Set([0, 1, 2]));
});

test('a full disk keeps the old content and says so; one that fails may have taken the new one, but never says so', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 50; seed += 1) {
    for (const condition of ['full', 'failing'] as const) {
      const { disk, said, write, all, hashes } = makeDisk(seed);
      write({ file: 'configuration', records: records('1'), steps: [], notes: [] });
      await all();
      disk.condition = condition;
      write({ file: 'configuration', records: records('2'), steps: [], notes: [] });
      await all();
      expect(said[1]).not.toBe('durable');
      outcomes.add(`${condition} ${hashes().join()}`);
    }
  }
  expect(outcomes).toEqual(new Set(['full 1', 'failing 1', 'failing 2']));
});

describe('two copies', () => {
  function written(): Copies<number> {
    const copies = new Copies<number>();
    for (const value of [1, 2, 3]) copies.write(value);
    return copies;
  }

  test('damage to the newest leaves the one before, to both leaves none, to the older is not noticed', () => {
    const [newest, both, older] = [written(), written(), written()];
    newest.damage('newest', 'damaged');
    for (const which of ['newest', 'older'] as const) both.damage(which, 'damaged');
    older.damage('older', 'damaged');
    expect([newest.read(), both.read(), older.read()]).toEqual([2, null, 3]);
    expect([newest.open(), both.open(), older.open(), written().open()]).toEqual([true, true, true, false]);
  });

  test('an old copy in the place of the newest is not taken for it', () => {
    const copies = written();
    copies.damage('newest', 'old copy');
    expect([copies.read(), copies.open()]).toEqual([2, false]);
  });

  test('a node that goes on after damage writes over the other file; one that starts anew, over the damaged one', () => {
    const [running, started] = [written(), written()];
    for (const copies of [running, started]) copies.damage('newest', 'damaged');
    started.open();
    for (const copies of [running, started]) copies.write(4);
    expect([running.read(), started.read()]).toEqual([4, 4]);
    for (const copies of [running, started]) copies.damage('newest', 'damaged');
    expect([running.read(), started.read()]).toEqual([null, 2]);
  });
});

test('spoiled code is found out when it is hashed, and thrown away', () => {
  const { content } = makeDisk().disk;
  for (const code of [CODE, other]) content.codes.add(code);
  content.spoiledCodes.add(CODE);
  expect([content.check(CODE), content.check(CODE), content.check(other)]).toEqual(['spoiled', 'absent', 'whole']);
});
