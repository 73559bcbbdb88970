/** The virtual clock: in order of time, then of setting; promises settle between tasks. */
import { array, assert, asyncProperty, nat } from 'fast-check';
import { expect, test } from 'vitest';
import { Scheduler } from '../../../src/sdk/virtual/scheduler.ts';

test('tasks run in the order of their times, those of one moment in the order in which they were set', async () => {
  await assert(
    asyncProperty(array(nat(20), { maxLength: 200 }), async (delays) => {
      const scheduler = new Scheduler();
      const ran: [number, number][] = [];
      delays.forEach((delayMs, place) => scheduler.after(delayMs, () => ran.push([scheduler.now, place])));
      await scheduler.run(100);
      expect(ran).toEqual(
        delays.map((delayMs, place) => [delayMs, place]).toSorted(([a, i], [b, j]) => (a ?? 0) - (b ?? 0) || (i ?? 0) - (j ?? 0)),
      );
    }),
  );
});

test('tasks that tasks set run in their turn, and the clock stops at the end', async () => {
  const scheduler = new Scheduler();
  const ran: number[] = [];
  const again = (): void => {
    ran.push(scheduler.now);
    scheduler.after(3, again);
  };
  scheduler.after(0, again);
  await scheduler.run(10);
  expect(ran).toEqual([0, 3, 6, 9]);
  expect(scheduler.now).toBe(10);
});

test('promises that a task waits for settle before the next task', async () => {
  const scheduler = new Scheduler();
  const ran: string[] = [];
  const chain = async (): Promise<void> => {
    for (let link = 0; link < 10; link += 1) await Promise.resolve();
    ran.push('settled');
  };
  scheduler.after(1, () => {
    scheduler.promising();
    void chain();
  });
  scheduler.after(1, () => ran.push('next'));
  await scheduler.run(2);
  expect(ran).toEqual(['settled', 'next']);
});

test('a timer that is set for a moment again and again until it has come reaches that moment', async () => {
  const scheduler = new Scheduler();
  // Added and subtracted in plain floating point, these never meet.
  const began = 1100.4524723654974;
  const due = 7374.544065351777;
  let reached = false;
  const again = (): void => {
    const now = scheduler.now - began;
    if (now >= due) reached = true;
    else scheduler.after(due - now, again);
  };
  scheduler.after(8239.488571515732, again);
  await scheduler.run(20_000);
  expect(reached).toBe(true);
});

test('tasks that set each other for the same moment without end are an error, not a simulation that hangs', async () => {
  const scheduler = new Scheduler();
  const again = (): void => scheduler.after(0, again);
  again();
  await expect(scheduler.run(1)).rejects.toThrow('time stands still');
});
