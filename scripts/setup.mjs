/**
 * Makes a checkout ready to run: installs what package-lock.json names (Node 26 among it) and builds, each only if needed.
 * `setup.mjs build` builds in any case. Runs on Node 20 with nothing installed; once everything is done it takes a fraction of a second.
 */
import { join } from 'node:path';
import { build } from './build.mjs';
import { isBuilt } from './fingerprint.mjs';
import { isInstalled } from './installed.mjs';
import { withLock } from './lock.mjs';
import { ROOT, run, say } from './project.mjs';

const forced = process.argv[2] === 'build';

if (forced || !isInstalled(ROOT) || !isBuilt(ROOT)) {
  await withLock(join(ROOT, '.setup.lock'), () => {
    // Asked again: another run may have done it while this one waited.
    if (!isInstalled(ROOT)) install();
    if (forced || !isBuilt(ROOT)) build();
  });
}

function install() {
  say('installing the packages');
  const [program, ...args] = npm();
  run(program, ...args, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error');
}

/**
 * The npm that started us, if one did.
 * @returns {[string, ...string[]]}
 */
function npm() {
  const path = process.env['npm_execpath'];
  return path?.endsWith('.js') ? [process.execPath, path] : ['npm'];
}
