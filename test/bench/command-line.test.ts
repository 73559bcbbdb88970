/** `npm run bench` refuses what it cannot do before it begins with anything. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE, ROOT } from '../../scripts/project.mjs';
import { BENCHES } from '../../bench/measures/all.ts';

function bench(...args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(NODE, [join(ROOT, 'scripts/bench.ts'), ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test('--list names every bench, and measures none', async () => {
  const { code, stdout, stderr } = await bench('--list', '--quick');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').map((line) => line.split(' ', 1)[0])).toEqual([...BENCHES.map(({ name }) => name), '']);
});

test.each([
  ['a bench that there is not', ['--only', 'idle,speed'], /^no bench 'speed': choose from overhead, /],
  ['a report of a quick run', ['--report', '--quick'], /^--report takes the full run, not --quick /],
  ['two places for the results', ['--report', '--out', 'x'], /^--report writes into docs\/reports, --out elsewhere: choose one /],
  ['no place', ['--out', ''], /^--out takes a directory /],
  [
    'a place where nothing can be written',
    ['--quick', '--out', '/dev/null/x'],
    /^--out: nothing can be written to \/dev\/null\/x \(ENOTDIR\) /,
  ],
  ['a word that is no option', ['quick'], /^Unexpected argument 'quick'/],
])('%s', async (_, args, said) => {
  const { code, stdout, stderr } = await bench(...args);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
});
