/**
 * Builds dist/: the compiled module and module.json, which is what is deployed. The same sources give the same bytes everywhere, so what was compiled is kept in
 * prebuilt/ with the hash of its sources, and whoever has no compiler (100 MB) takes it from there.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FLAGS = ['--optimize', '--runtime', 'incremental', '--debug', '--use', 'abort=assembly/gossip/abort'];
const ROOT = import.meta.dirname;
const PREBUILT = join(ROOT, 'prebuilt');

/** Of all that the compiled bytes depend on. */
async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([await compilerVersion(), FLAGS]));
  const folder = join(ROOT, 'assembly');
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.ts')).toSorted()) {
    hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex');
}

async function compilerVersion(): Promise<string> {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
  return devDependencies['assemblyscript'] ?? '';
}

async function compile(): Promise<Uint8Array | null> {
  const { default: asc } = await import('assemblyscript/asc').catch((error: { code?: string }) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return { default: null };
    throw error;
  });
  if (asc === null) return null;
  const written: Uint8Array[] = [];
  const { error, stderr } = await asc.main(['assembly/index.ts', '--outFile', 'main.wasm', '--baseDir', ROOT, ...FLAGS], {
    writeFile: (_name: string, contents: string | Uint8Array) => void (typeof contents !== 'string' && written.push(contents)),
  });
  const [bytes] = written;
  if (error !== null || bytes === undefined) throw new Error(`it cannot be compiled:\n${String(stderr)}`, { cause: error });
  return bytes;
}

const sources = await hashOfSources();
const compiled = await compile();
if (compiled !== null) {
  await mkdir(PREBUILT, { recursive: true });
  await writeFile(join(PREBUILT, 'main.wasm'), compiled);
  await writeFile(join(PREBUILT, 'sources.sha256'), `${sources}\n`);
} else if ((await readFile(join(PREBUILT, 'sources.sha256'), 'utf8')).trim() !== sources) {
  throw new Error('the sources have changed since prebuilt/ was made, and the compiler is not installed: npm install');
}
await rm(join(ROOT, 'dist'), { recursive: true, force: true });
await mkdir(join(ROOT, 'dist'));
await copyFile(join(PREBUILT, 'main.wasm'), join(ROOT, 'dist', 'main.wasm'));
await copyFile(join(ROOT, 'module.json'), join(ROOT, 'dist', 'module.json'));
process.stdout.write(compiled === null ? 'no compiler is installed: took prebuilt/main.wasm, whose sources are these\n' : 'compiled\n');
