/** Two interrupts of a command that must mend what it broke: which of them are two, and which the same one twice. */
import { expect, it } from 'vitest';
import type { Interrupt } from '../../src/commands/terminal/interruptible.ts';
import { twiceInterruptible } from '../../src/commands/terminal/twice-interruptible.ts';

/** Signals with the milliseconds that have passed by then; what the command was told, and how it ended. */
async function interrupted(...signals: readonly (readonly [Interrupt, number])[]): Promise<unknown> {
  const told: string[] = [];
  const done = Promise.withResolvers<string>();
  let now = 0;
  const ended = twiceInterruptible(
    () => done.promise,
    { onFirst: () => void told.push('first'), onSecond: () => void told.push('second') },
    () => now,
  ).then(
    ({ result, exitCode }) => `${result}, ${exitCode}`,
    (thrown: { oclif: { exit: number } }) => `given up, ${thrown.oclif.exit}`,
  );
  for (const [signal, at] of signals) {
    now = at;
    process.emit(signal, signal);
  }
  done.resolve('mended');
  return [told, await ended];
}

it('one that comes twice within a moment is one: timeout(1) sends it to its child, and then to the group', async () => {
  expect(await interrupted(['SIGTERM', 0], ['SIGTERM', 1])).toEqual([['first'], 'mended, 143']);
  expect(await interrupted(['SIGINT', 0], ['SIGINT', 199])).toEqual([['first'], 'mended, 130']);
});

it('one that comes later, or is another, ends the command', async () => {
  expect(await interrupted(['SIGINT', 0], ['SIGINT', 1], ['SIGINT', 1_000])).toEqual([['first', 'second'], 'given up, 130']);
  expect(await interrupted(['SIGINT', 0], ['SIGTERM', 1])).toEqual([['first', 'second'], 'given up, 143']);
});

it('a terminal that closes says so as often as it likes', async () => {
  expect(await interrupted(['SIGHUP', 0], ['SIGHUP', 1_000])).toEqual([[], 'mended, 129']);
});
