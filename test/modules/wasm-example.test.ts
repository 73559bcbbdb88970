/** The example in AssemblyScript: it keeps the contract, and what is kept of its build is of its sources. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { environment } from '../../scripts/strangers.ts';
import { contractSuite } from '../../src/sdk/contract.ts';
import { wasmModule } from '../../src/sdk/wasm.ts';
import { withDirectory } from '../support/gossip.ts';
import { install } from '../support/project.ts';
import { WASM_EXAMPLE } from '../support/wasm.ts';

const run = promisify(execFile);
const Counter = wasmModule(readFileSync(WASM_EXAMPLE));

describe('a module in AssemblyScript keeps the contract', () => {
  const checks = contractSuite(Counter, { refusedStates: ['{"version":2,"slots":{}}'], previous: Counter });
  it.each(checks)('$name', async (check) => {
    await expect(check.run()).resolves.toBeUndefined();
  });
});

it('passes its own tests, without its compiler; and its build refuses sources that have changed since', async () => {
  await withDirectory(async (directory) => {
    const project = join(directory, 'wasm');
    await cp(join(ROOT, 'examples', 'wasm'), project, { recursive: true });
    for (const made of ['node_modules', 'dist']) await rm(join(project, made), { recursive: true, force: true });
    await install(project);
    const env = environment(directory);
    const { stdout } = await run('npm', ['test'], { cwd: project, env });
    expect(stdout).toMatch(/wasm-counter keeps the contract[^]*pass [1-9]\d*\n[^]*fail 0\n/);
    expect(readFileSync(join(project, 'dist', 'main.wasm'))).toEqual(readFileSync(WASM_EXAMPLE));
    await cp(join(project, 'assembly', 'slots.ts'), join(project, 'assembly', 'more.ts'));
    await expect(run('npm', ['run', 'build'], { cwd: project, env })).rejects.toThrow(/the sources have changed since prebuilt\//);
  });
}, 120_000);
