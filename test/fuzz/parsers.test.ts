/** No bytes from outside make a parser throw what is not coded, hang, swell or read as two things what it reads (attacks A6, C1, C2, C3, D3). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edited, EDITS } from './edits.ts';
import { judge } from './judge.ts';
import { regressionsOf, replayCommand } from './regressions.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

const RUNS = 200;
const MAX_INPUT_BYTES = 256 * 1024;

const edit = fc.record({ how: fc.constantFrom('json' as const, ...EDITS), place: fc.nat(), number: fc.nat() });

/** How an input comes about: a valid one, edited. */
const origin = fc.record({ from: fc.nat(), other: fc.nat(), edits: fc.array(edit, { minLength: 1, maxLength: 6 }) });

/** The promise that this input breaks, with the command that tries it again; null when it breaks none. */
async function broken(target: Target, input: Uint8Array): Promise<string | null> {
  const { finding } = await judge(target, input);
  return finding === null ? null : `${finding.kind} ${finding.where}: ${finding.what}\n${replayCommand(target.name, input)}`;
}

describe.each(TARGETS)('$name', (target) => {
  const { name, seeds } = target;
  const seed = (number: number): Uint8Array => seeds[number % seeds.length] ?? new Uint8Array();

  test('takes what is valid', async () => {
    for (const each of seeds) expect(await judge(target, each)).toEqual({ finding: null, outcome: 'accepted' });
  });

  test.each(regressionsOf(name).map((input) => ({ input })))('keeps its promises for what once broke them', async ({ input }) => {
    expect(await broken(target, input)).toBeNull();
  });

  test('keeps its promises for edited inputs', async () => {
    await fc.assert(
      fc.asyncProperty(origin, async ({ from, other, edits }) => {
        const input = edited(seed(from), edits, seed(other), target.maxBytes ?? MAX_INPUT_BYTES);
        expect(await broken(target, input)).toBeNull();
      }),
      { numRuns: RUNS },
    );
  });
});

test('every target has a name of its own', () => {
  const names = TARGETS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
