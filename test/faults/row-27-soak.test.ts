/** Fault 27 in short: that a soak runs, and survives a fault of most kinds; shorter still, and always the same, in `npm test`. For its slopes, `npm run soak -- --hours 24`. */
import { expect, inject, test } from 'vitest';
import { findingsOf, ROW_MS } from './fault.ts';
import { printedSeed } from './seed.ts';
import { soak } from './soak.ts';
import { formatSoak, growthsOf, isMeaningful } from './soak-table.ts';

const FOR_MS = inject('everyFault') ? 90_000 : 10_000;
const EVERY_MS = inject('everyFault') ? 5_000 : 2_500;
/** Of the short one: a host is killed, a deployment, a rollback, a scrub. */
const SEED = inject('everyFault') ? undefined : '27';
const SAMPLE_MS = 1_000;

test('row 27: soak in short', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  const known = await soak({ forMs: FOR_MS, everyMs: EVERY_MS, sampleMs: SAMPLE_MS, random: printedSeed('row 27', SEED) });
  process.stdout.write(`${formatSoak(known)}\n`);
  const growths = growthsOf(known);
  const times = [...known.healed.values()].reduce((sum, count) => sum + count, 0);
  expect(times).toBeGreaterThan(0);
  expect(growths).toHaveLength(10);
  expect(isMeaningful(known)).toBe(false);
  findings.inject(times);
  findings.outcome(`healed after each; ${FOR_MS / 1_000} s say nothing of slopes: npm run soak`);
  findings.figure(
    'most memory of a core',
    growths.map(({ coreMib }) => coreMib.max),
    { unit: 'MiB' },
  );
  findings.figure(
    'most memory of its hosts',
    growths.map(({ hostMib }) => hostMib.max),
    { unit: 'MiB' },
  );
  findings.figure(
    'most descriptors of a core',
    growths.map(({ descriptors }) => descriptors.max),
    { unit: 'descriptors' },
  );
});
