/** A scratch copy of the source with one defence taken out: there the attack must succeed, or the test proves nothing. */
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { mutate } from '../mutants/mutation.ts';
import type { Mutation } from '../mutants/mutation.ts';
import manifest from '../../package.json' with { type: 'json' };

export type { Mutation } from '../mutants/mutation.ts';

const project = join(import.meta.dirname, '../..');

/** Imports `entry` (below src) from a scratch copy of the source in which the mutations were made. */
export async function mutant<Module>(entry: string, ...mutations: readonly Mutation[]): Promise<Module> {
  return (await import(/* @vite-ignore */ join(await scratchCopy(mutations), 'src', entry))) as Module;
}

/** A directory with all of src, mutated. Gone when the test ends. */
export async function scratchCopy(mutations: readonly Mutation[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-mutant-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await symlink(join(project, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module', version: manifest.version }));
  await cp(join(project, 'src'), join(directory, 'src'), { recursive: true });
  for (const mutation of mutations) await mutate(directory, mutation);
  return directory;
}
