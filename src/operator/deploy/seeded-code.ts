/** Code with a state beside it, for a deployment that brings that state to every node (decision 64). */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SEED_FILE } from '../../model/state-bytes.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import { isCodePath } from '../../trust/code-path.ts';
import { PIECES_FILE } from '../../trust/pieces.ts';
import type { NodeStatus } from '../../api/status.ts';
import { GossipError } from '../../model/errors.ts';
import { readCode } from './code-source.ts';
import type { CodeSource, DirectoryCode } from './code-source.ts';

/** Only whoever imports it may read it: there may be secrets in a state. */
const MODE = { directory: 0o700, file: 0o600 };
/** Both are made anew: the state is another one, and so are the pieces. */
const LEFT_OUT: ReadonlySet<string> = new Set([SEED_FILE, PIECES_FILE]);

/** Lays the files of `code` and the state into a directory of its own, which is gone once `use` is done. */
export async function withSeededCode<T>(code: CodeSource, state: StateBytes, use: (seeded: DirectoryCode) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-state-'));
  try {
    const { files } = await code.manifest();
    for (const { path, sha256 } of files.filter((file) => !LEFT_OUT.has(file.path))) {
      if (!isCodePath(path)) throw new GossipError('GOSSIP_E_CODE_FILE', `the code holds a file whose name is no plain name`);
      await mkdir(dirname(join(directory, path)), { recursive: true, mode: MODE.directory });
      await writeFile(join(directory, path), await code.blob(sha256), { mode: MODE.file, flag: 'wx' });
    }
    await writeFile(join(directory, SEED_FILE), state, { mode: MODE.file, flag: 'wx' });
    return await use(await readCode(directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Nodes of before know nothing of a state beside the code, and would begin with none.
 * @throws GOSSIP_E_NOT_FOUND that names them
 */
export function requireSeeding(statuses: readonly Pick<NodeStatus, 'name' | 'root'>[]): void {
  const older = statuses.filter(({ root }) => root === undefined).map(({ name }) => name);
  if (older.length === 0) return;
  throw new GossipError('GOSSIP_E_NOT_FOUND', `${older.join(', ')}: the program there is older, and would begin without the state`, {
    advice: 'Update the program on every node first.',
  });
}
