/** Builds the page of `gossip dashboard`: its scripts as one file, the rest as it is: `node scripts/bundle-dashboard.ts FOLDER`. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, 'src', 'dashboard', 'page');
const AS_IT_IS = ['index.html', 'style.css', 'icon.svg'];

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node scripts/bundle-dashboard.ts FOLDER');
mkdirSync(resolve(folder), { recursive: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: [join(PAGE, 'page.ts')],
  outfile: join(resolve(folder), 'page.js'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome120', 'firefox121', 'safari17'],
  charset: 'utf8',
  legalComments: 'none',
  minifySyntax: true,
  logLevel: 'error',
});
for (const name of AS_IT_IS) cpSync(join(PAGE, name), join(resolve(folder), name));
