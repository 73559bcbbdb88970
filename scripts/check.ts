/** `npm test`: every check in turn, the quick ones first. All run, so that one run tells everything; it fails if any of them does. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

interface Check {
  readonly name: string;
  readonly bin: string;
  readonly args: readonly string[];
}

const QUICK: readonly Check[] = [
  { name: 'types', bin: 'tsc', args: [] },
  { name: 'types of the page', bin: 'tsc', args: ['-p', 'src/dashboard'] },
  { name: 'lint', bin: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', bin: 'oxfmt', args: ['--check'] },
  { name: 'dead code', bin: 'knip', args: [] },
];

const failed = QUICK.filter((check) => !passes(check)).map(({ name }) => name);
// Last and straight to the terminal: its last line tells the counts of the tests.
const tests = spawnSync(bin('vitest'), ['run'], { cwd: ROOT, stdio: 'inherit' });
if (failed.length > 0) process.stderr.write(`failed: ${failed.join(', ')} (see above)\n`);
process.exitCode = failed.length > 0 || tests.status !== 0 ? 1 : 0;

function passes({ name, bin: program, args }: Check): boolean {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(bin(program), args, { cwd: ROOT, encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stdout.write(`${status === 0 ? '✓' : '✗'} ${name} ${seconds} s\n`);
  if (status !== 0) process.stdout.write(`${error?.message ?? ''}${stdout}${stderr}\n`);
  return status === 0;
}

function bin(name: string): string {
  return join(ROOT, 'node_modules', '.bin', name);
}
