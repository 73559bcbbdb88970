/**
 * Bundles `gossip node run` into one file: `node scripts/bundle-node.ts OUTFILE`. A node loads nothing that it does not use: neither the command line's
 * libraries nor the parts of packages that no call of ours reaches.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const NODE_ENTRY = 'src/node-run.ts';

/** `undici` itself loads fetch, WebSocket, caches, mocks and more; a node makes requests over connections of its own. */
const UNDICI = `
  require('undici/lib/dispatcher/dispatcher').prototype.request = require('undici/lib/api/api-request');
  exports.Client = require('undici/lib/dispatcher/client');
  exports.errors = require('undici/lib/core/errors');
`;

/** prom-client itself loads a push gateway, collectors of the process, and a library of traces for them, 18 MB of memory; the registry is what writes the text. */
const PROM_CLIENT = `exports.Registry = require('prom-client/lib/registry');`;

/** Parts of packages that a node never comes to, by importer and specifier, and why. */
const LEFT_OUT: readonly (readonly [importer: RegExp, specifier: RegExp, why: string])[] = [
  [/undici\/lib\/dispatcher\/client\.js$/, /client-h2/, 'connections offer http/1.1 alone'],
  [/undici\/lib\/dispatcher\/client-h1\.js$/, /web\/fetch\/body/, 'no body is a form'],
  [/undici\/lib\/core\/request\.js$/, /web\/(fetch\/formdata|webidl)$/, 'no body is a form'],
  [/undici\/lib\/dispatcher\/client-h1\.js$/, /llhttp-wasm/, 'every processor that we run on has SIMD'],
  [/pino\/(pino|lib\/\w+)\.js$/, /\/transport$/, 'the log goes to stderr, and to no thread'],
];

/** Writes the bundle with its source map beside it; returns what went into it. */
export async function bundleNode(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [NODE_ENTRY],
    outfile,
    bundle: true,
    // An ES module's import of node:http would load the fetch that Node has in it.
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    // One byte a character in memory.
    charset: 'ascii',
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'error',
    banner: { js: "const programUrl = require('node:url').pathToFileURL(__dirname + '/');" },
    // undici's own way to leave its second parser out.
    define: { esbuildDetection: '"bundled"' },
    plugins: [ownUrls, fullProgram, slimPackages()],
  });
  return metafile;
}

/** Each file goes on knowing where the compiled form of itself lies, and what lies around it. */
const ownUrls: Plugin = {
  name: 'own URLs',
  setup(bundle) {
    bundle.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const compiled = relative(join(ROOT, 'src'), path).replace(/ts$/, 'js');
      return { loader: 'ts', contents: text.replaceAll('import.meta.url', `new URL(${JSON.stringify(compiled)}, programUrl).href`) };
    });
  },
};

/** The full program lies beside the bundle as it was compiled. */
const fullProgram: Plugin = {
  name: 'full program',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/cli\.ts$/ }, () => ({ path: './cli.js', external: true }));
  },
};

function slimPackages(): Plugin {
  const met = new Set<string>();
  return {
    name: 'slim packages',
    setup(bundle) {
      bundle.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'slim' }));
      bundle.onLoad({ filter: /^undici$/, namespace: 'slim' }, () => ({ contents: UNDICI, resolveDir: ROOT }));
      bundle.onResolve({ filter: /^prom-client$/ }, () => ({ path: 'prom-client', namespace: 'slim' }));
      bundle.onLoad({ filter: /^prom-client$/, namespace: 'slim' }, () => ({ contents: PROM_CLIENT, resolveDir: ROOT }));
      bundle.onResolve({ filter: /^\./ }, ({ importer, path }) => {
        const left = LEFT_OUT.find(([from, what]) => from.test(importer) && what.test(path));
        if (left === undefined) return undefined;
        met.add(String(left.slice(0, 2)));
        return { path, namespace: 'left out' };
      });
      bundle.onLoad({ filter: /.*/, namespace: 'left out' }, () => ({ contents: 'module.exports = {};' }));
      bundle.onEnd(() => {
        const stale = LEFT_OUT.filter((left) => !met.has(String(left.slice(0, 2))));
        if (stale.length > 0) throw new Error(`nothing was left out by ${stale.join(' ')}: the package is another one now`);
      });
    },
  };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outfile = process.argv[2];
  if (outfile === undefined) throw new Error('usage: node scripts/bundle-node.ts OUTFILE');
  await bundleNode(resolve(outfile));
}
