/** Points to the built code when somebody names the project that it is built in. */
import { join } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { isThere } from '../files/is-there.ts';

/** What a whole project is refused for: its links and dotfiles, its size, or the files that module.json names and that are elsewhere. */
const OF_PROJECTS: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_CODE_FILE', 'GOSSIP_E_CODE_LIMIT', 'GOSSIP_E_MODULE_JSON']);

/** Reads code at `path`; when that fails, and `dist` below it holds a module, the advice names `dist`. */
export async function pointingToDist<Code>(path: string, read: () => Promise<Code>): Promise<Code> {
  try {
    return await read();
  } catch (thrown) {
    const dist = join(path, 'dist');
    if (!(thrown instanceof GossipError) || !OF_PROJECTS.has(thrown.code) || !(await isThere(join(dist, 'module.json')))) throw thrown;
    throw new GossipError(thrown.code, thrown.message, { advice: `Built code is in ${dist}: give that directory.`, cause: thrown });
  }
}
