/** A scratch copy of everything that the tests from source need; mutants are made there, never in the tree itself. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../project.mjs';

const PARTS = ['bin', 'scripts', 'src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

export interface Copy {
  readonly directory: string;
  remove(): Promise<void>;
}

/** Removed with this process at the latest. */
export async function copyTree(): Promise<Copy> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-mutants-'));
  const atExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', atExit);
  await Promise.all(PARTS.map((part) => cp(join(ROOT, part), join(directory, part), { recursive: true })));
  await linkModules(directory);
  return {
    directory,
    remove: async () => {
      await rm(directory, { recursive: true, force: true });
      process.off('exit', atExit);
    },
  };
}

/** Each on its own: what the tools cache in `node_modules` stays in the copy. */
async function linkModules(directory: string): Promise<void> {
  const [from, to] = [join(ROOT, 'node_modules'), join(directory, 'node_modules')];
  await mkdir(to);
  const names = (await readdir(from)).filter((name) => !name.startsWith('.vite'));
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
}
