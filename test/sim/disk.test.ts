/** A simulated disk and the queue before it: durable is durable, and nothing that must wait for it comes first. */
import { expect, test } from 'vitest';
import type { GossipEffect } from '../../src/gossip/protocol.ts';
import type { ContentHash } from '../../src/model/names.ts';
import { Disk } from '../../src/sim/disk.ts';
import { EffectQueue } from '../../src/sim/effect-queue.ts';
import { Random } from '../../src/sim/random.ts';
import { Scheduler } from '../../src/sim/scheduler.ts';

const CODE = `sha256:${'a'.repeat(64)}` as ContentHash;

function makeDisk(seed: number): { disk: Disk; scheduler: Scheduler; said: string[]; write: () => void } {
  const scheduler = new Scheduler();
  const disk = new Disk(new Random(`seed ${seed}`), (delayMs, run) => scheduler.after(delayMs, run));
  const said: string[] = [];
  const write = (): void =>
    disk.write(
      ({ codes }) => void codes.add(CODE),
      () => said.push('durable'),
    );
  return { disk, scheduler, said, write };
}

test('a write is there once it is said to be durable, and not said before', async () => {
  const { disk, scheduler, said, write } = makeDisk(1);
  write();
  expect([disk.content.codes.has(CODE), said]).toEqual([false, []]);
  await scheduler.run(100);
  expect([disk.content.codes.has(CODE), said]).toEqual([true, ['durable']]);
});

test('a crash during a write leaves the old or the new content, and says nothing', async () => {
  const kept = new Set<boolean>();
  for (let seed = 0; seed < 50; seed += 1) {
    const { disk, scheduler, said, write } = makeDisk(seed);
    write();
    disk.crash();
    const after = disk.content.codes.has(CODE);
    await scheduler.run(100);
    expect([disk.content.codes.has(CODE), said]).toEqual([after, []]);
    kept.add(after);
  }
  expect(kept).toEqual(new Set([true, false]));
});

test('what was durable before a crash stays', async () => {
  const { disk, scheduler, write } = makeDisk(1);
  write();
  await scheduler.run(100);
  disk.crash();
  expect(disk.content.codes.has(CODE)).toBe(true);
});

test('effects behind a write wait until it is done, also those of later events; after a crash none is performed', () => {
  const performed: string[] = [];
  const waiting: (() => void)[] = [];
  const queue = new EffectQueue((effect, done) => {
    performed.push(effect.type);
    if (effect.type === 'persist-hints') waiting.push(done);
    else done();
  });
  const [persist, timer, drop] = effects();
  queue.push([timer, persist, timer]);
  queue.push([drop]);
  expect(performed).toEqual(['timer', 'persist-hints']);
  waiting.shift()?.();
  expect(performed).toEqual(['timer', 'persist-hints', 'timer', 'drop-checkpoint']);
  queue.push([persist, timer]);
  queue.close();
  waiting.shift()?.();
  expect(performed).toEqual(['timer', 'persist-hints', 'timer', 'drop-checkpoint', 'persist-hints']);
});

function effects(): [GossipEffect, GossipEffect, GossipEffect] {
  return [
    { type: 'persist-hints', hints: [] },
    { type: 'timer', token: 1, at: 0 },
    { type: 'drop-checkpoint', module: 'membership' as Extract<GossipEffect, { type: 'drop-checkpoint' }>['module'] },
  ];
}
