/** A directory for one test, removed when it ends. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function temporaryDirectory(): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'gossip-store-')));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
