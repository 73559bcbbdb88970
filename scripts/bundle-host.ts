/** Bundles the module host into one file: `node scripts/bundle-host.ts OUTFILE`. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ENTRY = join(ROOT, 'src', 'host', 'main.ts');

/** `entry` stands in for the product's own in tests that leave a defence out, `version` for that of another build. */
export async function bundleHost(outfile: string, entry = ENTRY, version = manifest.version): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    charset: 'utf8',
    legalComments: 'none',
    define: { GOSSIP_VERSION: JSON.stringify(version) },
    logLevel: 'error',
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outfile = process.argv[2];
  if (outfile === undefined) throw new Error('usage: node scripts/bundle-host.ts OUTFILE');
  await bundleHost(resolve(outfile));
}
