/** Modules of the build, loaded by Node itself: once in a process, and neither mixed with the sources nor transformed for the tests. */
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../dist/', import.meta.url));

/** `path` is below dist. */
export function built(path: string): unknown {
  return require(`./${path}`);
}
