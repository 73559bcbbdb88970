/** A failing seed prints one command, and that command fails the same way: in a copy of the sources that breaks a law on purpose. */
import { execFile } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { copyTree } from '../../scripts/mutants/copy.ts';
import { mutate } from '../mutants/mutation.ts';

interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const REVERSED = { in: 'compareNumbers', of: ['sequence', '-'], is: '-($)' };

test('the command that a failing seed prints reproduces the failure', async () => {
  const copy = await copyTree();
  const { directory } = copy;
  onTestFinished(() => copy.remove());
  await mutate(directory, REVERSED);
  const first = await run(directory, 'node', ['scripts/sim.ts', '--scenario', 'clean', '--nodes', '5', '--seeds', '1']);
  expect(first.code).toBe(1);
  const [, failure = '', command = ''] = /^(clean: .*) Play it again: (npm run sim -- .*)$/m.exec(first.stderr) ?? [];
  expect(failure).toContain('seed 1');

  const [npm, ...args] = command.split(' ') as [string, ...string[]];
  const again = await run(directory, npm, args);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain(failure);
  // And it shows what led there.
  expect(again.stdout).toMatch(/^\d+ \d+\.\d{3} /m);
}, 60_000);

function run(cwd: string, file: string, args: readonly string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}
