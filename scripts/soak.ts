/**
 * Ten real nodes under a random fault each 30 s, for hours: `npm run soak -- [--hours N] [--every SECONDS] [--seed N]`. Prints how the
 * memory and the descriptors of each grew, even when Ctrl-C ended it early or a fault was not survived.
 */
import type { Soak } from '../test/faults/soak.ts';
import { readOptions, wrongUsage } from './options.ts';

const HOUR_MS = 3_600_000;
const SAMPLES = 5_000;
const LEAST_SAMPLE_MS = 1_000;

const { values } = readOptions({
  usage: 'npm run soak -- [OPTION]…: ten real nodes under one random fault after the other, and how their memory and descriptors grew.',
  options: {
    hours: { type: 'string', value: 'N', default: '24', help: 'How long it lasts.' },
    every: { type: 'string', value: 'SECONDS', default: '30', help: 'From one fault to the next.' },
    seed: { type: 'string', value: 'N', help: 'Plays the faults of this seed again; each run prints its own.' },
  },
});
const forMs = positive('hours', values.hours) * HOUR_MS;
const everyMs = positive('every', values.every) * 1_000;
// Only now: what they bring in wants the program built, and --help does not.
const { printedSeed } = await import('../test/faults/seed.ts');
const { soak } = await import('../test/faults/soak.ts');
const { formatSoak } = await import('../test/faults/soak-table.ts');
const random = printedSeed('soak', values.seed);

const early = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => early.abort());

let known: Soak | undefined;
try {
  await soak({
    forMs,
    everyMs,
    sampleMs: Math.max(LEAST_SAMPLE_MS, forMs / SAMPLES),
    random,
    signal: early.signal,
    onBegin: (begun) => (known = begun),
    say: (line) => process.stdout.write(`${line}\n`),
  });
} catch (error) {
  if (!early.signal.aborted) {
    process.stderr.write(`not survived: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(known === undefined ? 'ended before it began\n' : `\n${formatSoak(known)}\n`);
// What a fault under way was still waiting for is nobody's any more.
process.exit();

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  return wrongUsage(`--${name} takes a number above 0, not '${text}'`);
}
