/** Running out of descriptors is noticed before a start, and costs none. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../../src/core/hosting/sandbox/descriptors.ts', import.meta.url));

const SCRIPT = `
  const { requireDescriptors } = await import(process.argv[1]);
  const open = () => process.getBuiltinModule('node:fs').readdirSync('/proc/self/fd').length;
  const outcomes = [16, 500].map((count) => {
    const before = open();
    try { requireDescriptors(count); return ['free', open() - before]; } catch (error) { return [error.code, open() - before]; }
  });
  console.log(JSON.stringify(outcomes));`;

it('tells whether enough are free, and gives all of them back', () => {
  const command = ['-c', 'ulimit -n 200; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', SCRIPT, SOURCE];
  expect(JSON.parse(execFileSync('/bin/sh', command, { encoding: 'utf8' }))).toEqual([
    ['free', 0],
    ['EMFILE', 0],
  ]);
});
