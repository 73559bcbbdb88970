/** A run depends on its seed alone: the same events, byte for byte, in this process and in another. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import type { Scenario } from '../../src/sim/scenarios/scenario.ts';
import { SCENARIOS } from '../../src/sim/scenarios/scenarios.ts';
import { simulate } from '../../src/sim/play/simulate.ts';

const SEED = 7;
const NODES = 12;
const chaos = SCENARIOS.find(({ name }) => name === 'chaos') as Scenario;

async function traceOf(seed: number): Promise<{ lines: string[]; fingerprint: string }> {
  const lines: string[] = [];
  const { fingerprint } = await simulate({ scenario: chaos, seed, nodes: NODES, show: (line) => lines.push(line) });
  return { lines, fingerprint };
}

test('the same seed gives the same trace twice in one process', async () => {
  const first = await traceOf(SEED);
  const second = await traceOf(SEED);
  expect(second).toEqual(first);
  expect(first.lines.length).toBeGreaterThan(1_000);
});

test('the same seed gives the same trace in another process', async () => {
  const here = await traceOf(SEED);
  const args = ['scripts/sim.ts', '--scenario', 'chaos', '--seed', String(SEED), '--nodes', String(NODES), '--trace'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 2 ** 28 });
  const there = stdout.split('\n').filter((line) => /^\d+ \d+\.\d{3} /.test(line));
  expect(there).toEqual(here.lines);
  expect(stdout).toContain(`fingerprint ${here.fingerprint}`);
}, 60_000);

test('another seed gives another trace', async () => {
  const [first, second] = [await traceOf(SEED), await traceOf(SEED + 1)];
  expect(second.fingerprint).not.toBe(first.fingerprint);
});
