/**
 * Builds every shipped module into a self-contained, deployable directory: `node scripts/build-modules.ts [OUTDIR]`.
 * The SDK is bundled in, so that a module's hash covers all code it runs. The same source gives the same bytes.
 */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = join(ROOT, 'src', 'modules');

export async function shippedModules(): Promise<string[]> {
  const entries = await readdir(SOURCES, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Writes `<outdir>/<name>/{index.mjs,module.json,settings.schema.json}` and nothing else; returns the directory. */
export async function buildModule(name: string, outdir: string): Promise<string> {
  const source = join(SOURCES, name);
  const target = join(outdir, name);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await build({
    // Paths in the output are relative to this, not to where the script was started.
    absWorkingDir: ROOT,
    entryPoints: [join(source, 'index.ts')],
    outfile: join(target, 'index.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'node26',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
  });
  for (const file of ['module.json', 'settings.schema.json']) await copyFile(join(source, file), join(target, file));
  return target;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outdir = resolve(process.argv[2] ?? join(ROOT, 'dist', 'shipped'));
  for (const name of await shippedModules()) {
    await buildModule(name, outdir);
  }
}
