/** The example in C: it keeps the contract, and its nodes agree. Skipped where no clang compiles to WebAssembly. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';
import { contractSuite, TestNetwork } from '../../src/sdk/contract.ts';
import type { ModuleClass } from '../../src/sdk/index.ts';
import { wasmModule } from '../../src/sdk/wasm.ts';

const COMPILERS = ['clang', 'clang-19', 'clang-16', 'clang-14'];

/** The module's bytes; undefined where nothing here compiles it. */
function compiled(): Uint8Array<ArrayBuffer> | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'gossip-wasm-c-'));
  const build = (compiler: string): boolean => {
    // Where the compiler is there, what it says of the code counts.
    if (!canCompile(compiler)) return false;
    execFileSync('sh', [join(ROOT, 'examples', 'wasm-c', 'build.sh'), directory], { env: { ...process.env, CC: compiler } });
    return true;
  };
  try {
    return COMPILERS.some(build) ? new Uint8Array(readFileSync(join(directory, 'main.wasm'))) : undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function canCompile(compiler: string): boolean {
  try {
    const flags = ['--target=wasm32', '-nostdlib', '-Wl,--no-entry', '-x', 'c', '-', '-o', '/dev/null'];
    execFileSync(compiler, flags, { input: '', stdio: ['pipe', 'ignore', 'ignore'] });
    return true;
  } catch {
    return false;
  }
}

const bytes = compiled();
if (bytes === undefined)
  process.stderr.write(`skipped: the example in C needs one of ${COMPILERS.join(', ')} with lld, which this machine lacks\n`);

const Compiled = bytes && wasmModule(bytes);

describe.runIf(Compiled)('a module in C', () => {
  const Highest = Compiled as ModuleClass;
  const refusedStates = ['-1', '01', '9007199254740992', '{}', ''];

  it.each(Compiled === undefined ? [] : contractSuite(Compiled, { refusedStates, previous: Compiled }))(
    'keeps the contract: $name',
    async (check) => {
      await expect(check.run()).resolves.toBeUndefined();
    },
  );

  it('agrees on all nodes although messages are lost, and over an update', async () => {
    const network = new TestNetwork({ seed: 1, loss: 0.3 });
    for (const number of [7, 9_007_199_254_740_991, 42, 0]) expect(await (await network.add(Highest)).request(number)).toBe(number);
    await network.advance(60_000);
    const [first, ...others] = network.nodes;
    await first?.update(Highest, { deployment: 'd2' });
    for (const { module } of [first, ...others].filter((node) => node !== undefined)) expect(module.inspect()).toBe(9_007_199_254_740_991);
  });

  it.each([-1, 1.5, '7', null, [], { add: 1 }])('refuses %j', async (wrong) => {
    const node = await new TestNetwork({ seed: 2 }).add(Highest);
    await expect(node.request(wrong)).rejects.toThrow(/say a whole number/);
    expect(node.module.inspect()).toBe(0);
  });
});
