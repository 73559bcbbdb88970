/** What else ran on the machine: told from our own processes, and repeated where it was too much. */
import { describe, expect, test } from 'vitest';
import type { ProcessStat } from '../../bench/harness/processes.ts';
import { parseStat } from '../../bench/harness/processes.ts';
import { between, isDisturbed } from '../../bench/harness/surroundings.ts';
import type { Look, Surroundings } from '../../bench/harness/surroundings.ts';
import { undisturbed } from '../../bench/harness/undisturbed.ts';
import type { Watched } from '../../bench/harness/undisturbed.ts';

const SELF = 100;
const stat = (pid: number, parent: number, ticks: number, name = `p${pid}`): ProcessStat => ({ pid, parent, ticks, name });
/** One second on two processors: 200 ticks. */
const seen = (processes: [before: ProcessStat[], after: ProcessStat[]], busy = 150, stolen = 0): Surroundings | null => {
  const look = (atMs: number, ticks: number, all: ProcessStat[]): Look => ({
    atMs,
    busy: { ticks, stolen: ticks === 0 ? 0 : stolen },
    processes: all,
  });
  return between(look(0, 0, processes[0]), look(1_000, busy, processes[1]), SELF, 2);
};

test('a line of /proc is read, whatever stands in the name', () => {
  const text = '7 (a (b) c) S 3 7 7 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 900 1 1';
  expect(parseStat(text)).toEqual({ pid: 7, name: 'a (b) c', parent: 3, ticks: 110 });
});

describe('others', () => {
  test('are all but this process and what it began, however indirectly', () => {
    const before = [stat(SELF, 1, 0), stat(101, SELF, 0), stat(102, 101, 0), stat(50, 1, 10)];
    const after = [stat(SELF, 1, 10), stat(101, SELF, 20), stat(102, 101, 30), stat(50, 1, 50)];
    expect(seen([before, after])).toEqual({ forMs: 1_000, own: 0.55, others: 0.2, stolen: 0, busiest: [{ name: 'p50', share: 0.2 }] });
  });

  test('count from their beginning when they began meanwhile, and are told by their names', () => {
    const after = [stat(SELF, 1, 0), stat(60, 50, 30, 'cc'), stat(61, 50, 10, 'cc'), stat(50, 1, 20, 'make')];
    expect(seen([[stat(SELF, 1, 0)], after])?.busiest).toEqual([
      { name: 'cc', share: 0.2 },
      { name: 'make', share: 0.1 },
    ]);
  });

  test('do not bring in again what a child had taken before', () => {
    const before = [stat(SELF, 1, 0), stat(50, 1, 0), stat(60, 50, 500)];
    // Its parent has waited for it: 500 ticks of before, and 20 of now.
    expect(seen([before, [stat(SELF, 1, 0), stat(50, 1, 520)]])?.others).toBe(0.1);
  });

  test('are not our own that process 1 inherited when they were killed', () => {
    const before = [stat(1, 0, 0), stat(SELF, 1, 0), stat(101, SELF, 90)];
    expect(seen([before, [stat(1, 0, 100), stat(SELF, 1, 0)]])?.others).toBe(0);
  });

  test('take no more than was taken', () => {
    expect(seen([[stat(50, 1, 0)], [stat(50, 1, 900)]], 120)?.others).toBe(0.6);
  });

  test('are not known where the system does not tell', () => {
    expect(between({ atMs: 0, busy: null, processes: [] }, { atMs: 1, busy: null, processes: [] })).toBeNull();
  });
});

test('a figure is disturbed by others or by the host of the machine, but not by a tick of chance', () => {
  const quiet: Surroundings = { forMs: 10_000, own: 0.5, others: 0.05, stolen: 0, busiest: [] };
  expect(isDisturbed(quiet, 2)).toBe(false);
  expect(isDisturbed({ ...quiet, others: 0.06 }, 2)).toBe(true);
  expect(isDisturbed({ ...quiet, stolen: 0.06 }, 2)).toBe(true);
  expect(isDisturbed({ ...quiet, others: 0.2, forMs: 200 }, 2)).toBe(false);
});

describe('what was disturbed', () => {
  const run = async (others: readonly number[], repeats: number): Promise<{ result: number; watched: Watched[]; said: string[] }> => {
    const [watched, said]: [Watched[], string[]] = [[], []];
    let index = 0;
    const result = await undisturbed('a thing', async () => index, {
      repeats,
      say: (line) => said.push(line),
      heard: (one) => watched.push(one),
      surroundings: async (act) => {
        const share = others[index] ?? 0;
        const made = await act();
        index += 1;
        return { result: made, seen: { forMs: 10_000, own: 0, others: share, stolen: 0, busiest: [] } };
      },
    });
    return { result, watched, said };
  };

  test('is measured again, until it was quiet', async () => {
    const { result, watched, said } = await run([0.5, 0.01], 2);
    expect(result).toBe(1);
    expect(watched).toMatchObject([{ what: 'a thing', kept: 1, disturbed: false, attempts: [{ others: 0.5 }, { others: 0.01 }] }]);
    expect(said).toEqual(['a thing: disturbed (others took 50 % of the machine), again']);
  });

  test('is measured no more than twice again; the least disturbed attempt counts, and is told to be disturbed', async () => {
    const { result, watched } = await run([0.5, 0.2, 0.4, 0.01], 2);
    expect(result).toBe(1);
    expect(watched).toMatchObject([{ kept: 1, disturbed: true, attempts: { length: 3 } }]);
  });

  test('is not measured again where nothing is to be', async () => {
    expect(await run([0.5, 0.01], 0)).toMatchObject({
      result: 0,
      watched: [{ kept: 0, disturbed: true, attempts: { length: 1 } }],
      said: [],
    });
  });
});
