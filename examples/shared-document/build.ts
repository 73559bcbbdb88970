/** Builds dist/: one self-contained file and module.json, which is what is deployed. Packages from npm are bundled in. */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
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
});
await copyFile('module.json', 'dist/module.json');
// Named as seen from the project, wherever that lies.
const map = JSON.parse(await readFile('dist/index.cjs.map', 'utf8')) as { sources: string[] };
map.sources = map.sources.map((source) => source.replace(/^(?:\.\.\/)+(?:.*\/(?=node_modules\/))?/, ''));
await writeFile('dist/index.cjs.map', JSON.stringify(map));
