/** What is shown of a log that repeats itself, and how places in it read. */
import { expect, test } from 'vitest';
import type { NodeLine } from '../../../src/operator/logs/follow.ts';
import { own } from '../../../src/operator/dev/follow-logs.ts';
import { Repeats } from '../../../src/operator/dev/repeats.ts';

function line(name: string, text: string): NodeLine {
  const record = { at: '1-1', time: '2026-11-29T12:03:04.000Z', level: 'error' as const, module: 'counter', deployment: 'd1', text };
  return { node: { id: name, name, address: '127.0.0.1:7946' }, record } as unknown as NodeLine;
}

test('what a node repeats is shown once in a while, and counted; what others say is theirs', () => {
  const repeats = new Repeats();
  const text = (name: string, said: string, now: number): string | null => {
    const passed = repeats.pass(line(name, said), now);
    return passed !== null && 'record' in passed ? passed.record.text : null;
  };
  expect(text('node1', 'it failed', 0)).toBe('it failed');
  expect(text('node1', 'it failed', 100)).toBeNull();
  expect(text('node2', 'it failed', 100)).toBe('it failed');
  expect(text('node1', 'something else', 200)).toBe('something else');
  expect(text('node1', 'it failed', 4_999)).toBeNull();
  expect(text('node1', 'it failed', 5_000)).toBe('it failed (and 2 times before)');
  expect(text('node1', 'it failed', 10_000)).toBe('it failed');
  const lost: NodeLine = { node: line('node1', '').node, lost: 3 };
  expect([repeats.pass(lost, 0), repeats.pass(lost, 0)]).toEqual([lost, lost]);
});

test('it keeps a thousand lines in mind, and no more', () => {
  const repeats = new Repeats();
  for (let count = 0; count < 1_001; count += 1) repeats.pass(line('node1', String(count)), 0);
  expect(repeats.pass(line('node1', '1000'), 1)).toBeNull();
  expect(repeats.pass(line('node1', '0'), 1)).not.toBeNull();
});

test('places are those of the project, wherever a node keeps its code', () => {
  const there = `/home/ada/labs/dev-counter/lab/node1/content/checkout/${'0a'.repeat(32)}`;
  expect(own(line('node1', `at Counter.#round (${there}/src/index.ts:39:38) and file://${there}/x.ts:1:2`))).toMatchObject({
    record: { text: 'at Counter.#round (src/index.ts:39:38) and x.ts:1:2' },
  });
});
