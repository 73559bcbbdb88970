/** Builds dist/: one self-contained file and module.json, which is what is deployed. Packages from npm are bundled in. */
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.cjs',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node26',
  // Leaves out comments with paths of this machine: the same source gives the same hash everywhere.
  minifyWhitespace: true,
  charset: 'utf8',
  legalComments: 'none',
  // Errors on a node show the place in src/, by this map; the sources themselves stay here.
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  metafile: true,
});
await copyFile('module.json', 'dist/module.json');
// What the settings must fit, where it is a file of its own.
if (existsSync('settings.schema.json')) await copyFile('settings.schema.json', 'dist/settings.schema.json');
// WebAssembly that packages read from beside their code: it stands beside the bundle.
const bundle = await readFile('dist/index.cjs', 'utf8');
for (const directory of new Set(Object.keys(metafile.inputs).map(dirname))) {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.wasm') && bundle.includes(name));
  for (const name of files) await copyFile(join(directory, name), join('dist', name));
}
// Named as seen from the project, wherever that lies.
const map = JSON.parse(await readFile('dist/index.cjs.map', 'utf8')) as { sources: string[] };
map.sources = map.sources.map((source) => source.replace(/^(?:\.\.\/)+(?:.*\/(?=node_modules\/))?/, ''));
await writeFile('dist/index.cjs.map', JSON.stringify(map));
