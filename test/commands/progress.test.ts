/** What `--wait` says while it waits, and when it ends in vain. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { sparseLines } from '../../src/commands/terminal/passage.ts';
import { progressText, safeLines } from '../../src/commands/terminal/progress.ts';
import type { Seen } from '../../src/operator/status/await-rollout.ts';
import { peer, record } from '../support/records.ts';

const none = {
  aware: 1,
  reachable: 2,
  done: 2,
  superseded: 0,
  elsewhere: 0,
  stragglers: [],
  unheard: 0,
  silent: [],
  gone: [],
  calling: [],
  remarks: [],
};
const seen = (some: Partial<Seen>): Seen => ({ ...none, elapsedMs: 1_200, ...some });
const third = { ...peer(3), why: 'gone' };
const deployed = { name: 'd4', record: record(4) };

test('who is waited for is of the number: silent nodes, and those that call and do not know of it yet', () => {
  expect(progressText(deployed, seen({ silent: [third] }))).toBe('d4 runs on 2 of 3 nodes after 1.2s; no answer from node3');
  const stragglers = [{ ...third, progress: 'underway' as const }];
  expect(progressText(deployed, seen({ calling: [third], stragglers }))).toBe(
    'd4 runs on 2 of 3 nodes after 1.2s; waiting for node3 (gone)',
  );
  expect(progressText(deployed, seen({ unheard: 1, stragglers }))).toBe('d4 runs on 2 of 3 nodes after 1.2s; waiting for node3 (gone)');
  expect(progressText(deployed, seen({ calling: [third], reachable: 4, elsewhere: 1 }))).toBe('d4 runs on 2 of 3 nodes after 1.2s');
});

test('its lines are lines on a terminal, and nothing in them steers it', () => {
  expect(safeLines('known 3\nno answer from \u001b[2Jnode2')).toBe('known 3\nno answer from \\u001b[2Jnode2');
});

test('a removal runs nowhere: it is in force', () => {
  const removal = { name: 'd5', record: record(5, { code: null }) };
  expect(progressText(removal, seen({}))).toBe('d5 is in force on 2 of 2 nodes after 1.2s');
  // What was replaced on a node does not run there.
  expect(progressText(deployed, seen({ superseded: 1 }))).toBe('d4, or a newer deployment, runs on 2 of 2 nodes after 1.2s');
});

test('where no terminal is, how far code has come is a line now and then, and nothing where it is soon there', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const said: string[] = [];
  let text: string | null = null;
  const stop = sparseLines(
    (line) => said.push(line),
    () => text,
  );
  for (text of [null, 'a', 'b', 'b']) vi.advanceTimersByTime(10_000);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(['a', 'b', 'b']);
});
