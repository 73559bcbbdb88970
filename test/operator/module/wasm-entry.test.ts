/** What no node would load is refused before it is signed: `gossip module check`, `hash` and `deploy` name what is wrong. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCode } from '../../../src/operator/deploy/code-source.ts';
import { checkModule } from '../../../src/operator/module/checks.ts';
import { readCodeDirectory } from '../../../src/operator/module/code-directory.ts';
import { checkWasmIn } from '../../../src/operator/module/wasm-entry.ts';
import { useHosts } from '../../core/hosting/support.ts';
import { WASM_EXAMPLE, wasmOf, writeWasm } from '../../support/wasm.ts';

const hosts = useHosts();
let written = 0;
const write = (bytes: Uint8Array, fields?: object): Promise<string> => writeWasm(join(hosts.dir, `entry-${written++}`), bytes, fields);
const hash = async (directory: string): Promise<void> => checkWasmIn(directory, (await readCodeDirectory(directory)).manifest);

it('the example passes every check of a real host, gossip among them', async () => {
  const checks = await checkModule(await write(await readFile(WASM_EXAMPLE)), { hostProgram: hosts.hostProgram });
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.map(({ check, detail }) => [check, detail])).toEqual(
    expect.arrayContaining([
      ['load', 'loads in the sandbox'],
      ['inspect', '{"total":0,"instances":0}'],
      ['gossip', 'lives with a peer that does not answer'],
      ['stop', 'stops'],
    ]),
  );
});

describe('code that does not fit', () => {
  it.each([
    ['an import of another host', () => wasmOf({ imports: '(import "env" "abort" (func))' }), {}, /^main\.wasm: it imports 'env\.abort'/],
    ['a missing export', () => wasmOf({ acceptState: null }), {}, /^main\.wasm: it does not export the function 'acceptState'/],
    ['no WebAssembly', async () => new Uint8Array(100), {}, /^main\.wasm: it is not WebAssembly/],
    ['an empty file', async () => new Uint8Array(0), {}, /^main\.wasm: it is not whole/],
    [
      'a name that would move the cursor',
      () => wasmOf({ imports: '(import "env" "\\1b[2J" (func))' }),
      {},
      /^main\.wasm: it imports 'env\.\\u001b\[2J'/,
    ],
    [
      'a memory past its limits',
      () => wasmOf({ memory: '(memory (export "memory") 257)' }),
      { limits: { heapMb: 16, residentMb: 100 } },
      /257 pages .* 256 are allowed by limits\.residentMb/,
    ],
  ] as const)('%s', async (_, bytes, fields, says) => {
    const directory = await write(await bytes(), fields);
    const refusal = { code: 'GOSSIP_E_MODULE_LOAD', message: expect.stringMatching(says) as string };
    await expect(readCode(directory)).rejects.toMatchObject(refusal);
    await expect(hash(directory)).rejects.toMatchObject(refusal);
    const failed = (await checkModule(directory, { hostProgram: hosts.hostProgram })).find(({ ok }) => !ok);
    expect(failed).toMatchObject({ check: 'code', code: 'GOSSIP_E_MODULE_LOAD', detail: expect.stringMatching(says) as string });
  });

  it('is told apart from a file that is not there; a directory without module.json has a hash all the same', async () => {
    const directory = await write(await wasmOf());
    await hash(directory);
    await rm(join(directory, 'main.wasm'));
    await expect(hash(directory)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_JSON' });
    const bare = await write(new Uint8Array(10));
    await rm(join(bare, 'module.json'));
    await expect(hash(bare)).resolves.toBeUndefined();
  });
});
