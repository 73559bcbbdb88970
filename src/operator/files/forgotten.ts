/** What a command that was killed left half-written in a directory of the operator's. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporary } from '../../core/store/files/writer.ts';

/** A file of the operator's is written in a second, also on a slow disk; others may be writing one now. */
const FORGOTTEN_MS = 10 * 60_000;

/** Never throws: what cannot be removed stays. `now`: milliseconds since 1970. */
export async function sweepForgotten(directory: string, now = Date.now()): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const path of names.filter(isTemporary).map((name) => join(directory, name))) {
    const found = await lstat(path).catch(() => null);
    if (found?.isFile() === true && now - found.mtimeMs > FORGOTTEN_MS) await rm(path, { force: true }).catch(() => undefined);
  }
}
