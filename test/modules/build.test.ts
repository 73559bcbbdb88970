/** Shipped modules are built to self-contained directories, the same bytes each time, which a real host runs. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleHost } from '../../scripts/bundle-host.ts';
import { buildModule, shippedModules } from '../../scripts/build-modules.ts';
import { checkModule } from '../../src/operator/module/checks.ts';
import { parseModuleJson } from '../../src/model/module-json.ts';
import type { ModuleClass } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'gossip-modules-'));
});
afterAll(async () => {
  await rm(temporary, { recursive: true, force: true });
});

describe('shipped modules', () => {
  it('are aggregate, membership and registry', async () => {
    expect(await shippedModules()).toEqual(['aggregate', 'membership', 'registry']);
  });

  it.each(['aggregate', 'membership', 'registry'])('%s is built whole, twice the same, and runs', async (name) => {
    const [first, second] = [await buildModule(name, join(temporary, 'a')), await buildModule(name, join(temporary, 'somewhere', 'else'))];
    expect((await readdir(first)).toSorted()).toEqual(['index.mjs', 'module.json', 'settings.schema.json']);
    const read = (directory: string, file: string): Promise<string> => readFile(join(directory, file), 'utf8');
    const bundle = await read(first, 'index.mjs');
    expect(await read(second, 'index.mjs')).toBe(bundle);
    expect(bundle).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(|\bfrom\s*['"]/m);
    const manifest = parseModuleJson(await read(first, 'module.json'));
    expect(manifest).toMatchObject({ name, entry: 'index.mjs', api: 1 });

    const entry = join(first, manifest.entry);
    const { default: Module } = createRequire(entry)(entry) as { default: ModuleClass };
    const network = new TestNetwork();
    const nodes = [await network.add(Module), await network.add(Module)];
    await network.advance(60_000);
    expect(nodes.map((node) => JSON.stringify(node.module.inspect()).length > 20)).toEqual([true, true]);
  });

  it('pass the checks of a real host, in its sandbox', { timeout: 60_000 }, async () => {
    const hostProgram = join(temporary, 'host.mjs');
    await bundleHost(hostProgram);
    for (const name of await shippedModules()) {
      const checks = await checkModule(await buildModule(name, join(temporary, 'checked')), { hostProgram });
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(checks.map(({ check }) => check)).toContain('inspect');
    }
  });
});
