/** A node behind a slow link comes to run large code, too: without bytes that pass its link in vain (decision 42). */
import { expect, test } from 'vitest';
import { spread } from '../../src/sim/play/spread.ts';

const CODE_BYTES = 1_000_000;

test.each([
  [1_000_000, 3, 1.2],
  [256_000, 12, 1.2],
  [128_000, 12, 1.3],
  [128_000, 40, 1.3],
  [64_000, 12, 1.5],
])('1 MB over a link of %d bit/s, of %d nodes, takes at most the time on the wire and a little', async (bitsPerSecond, nodes, times) => {
  const run = await spread(
    {
      nodes,
      rendezvous: 2,
      intervalMs: 1_000,
      loss: 0,
      churnPerMinute: 0,
      codeBytes: CODE_BYTES,
      bitsPerSecond: null,
      machines: null,
      modules: 'silent',
      steps: [
        { atMs: 0, do: 'link', nodes: { names: ['node1'] }, bitsPerSecond },
        { atMs: 0, do: 'deploy', node: 'rendezvous1' },
      ],
      limitMs: 1_200_000,
    },
    1,
  );
  const runningMs = run.deployments[0]?.runningMs ?? [];
  expect(runningMs).toHaveLength(nodes);
  const [others, slow] = runningMs.slice(-2) as [number, number];
  // Whoever has a fast link is not held up by one who has not.
  expect(others).toBeLessThan(2_000);
  expect(slow / ((CODE_BYTES * 8_000) / bitsPerSecond)).toBeLessThan(times);
  // And little of what came was for nothing.
  expect((run.load.nodes?.receivedBytes.busiest ?? 0) / CODE_BYTES).toBeLessThan(times);
});
