/** Programs that tests need from Debian's packages. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const INSTALL = fileURLToPath(new URL('../../scripts/install-debian.sh', import.meta.url));

/** Whether the packages are there, installed now if need be. If not, the reason is printed, and the tests that need them must be skipped. */
export function hasDebian(...packages: readonly string[]): boolean {
  const why = lackingDebian(...packages);
  if (why !== null) process.stderr.write(`skipped: ${why}\n`);
  return why === null;
}

/** Why the packages are not there and cannot be installed now; null when they are there. */
function lackingDebian(...packages: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(INSTALL, packages, { encoding: 'utf8' });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

/**
 * The environment in which a program's clock is off, such as by '+1h'. Throws where none is had. Not through `faketime` itself: a parent that signals would
 * end in the program's place. It also fails where a
 * killed process of the same number left its semaphore behind; the library alone goes on then.
 */
export function withClock(offset: string): Record<string, string> {
  const { stdout, stderr, error } = spawnSync('dpkg', ['-L', 'libfaketime'], { encoding: 'utf8' });
  const library = (stdout ?? '').split('\n').find((path) => path.endsWith('/libfaketime.so.1'));
  // With the right time the test would pass without having tried anything.
  if (library === undefined) throw new Error(`libfaketime has no library: ${error?.message ?? stderr}`);
  return { LD_PRELOAD: library, FAKETIME: offset };
}
