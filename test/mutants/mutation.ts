/** One change of the source, and how it is made: for a scratch copy, in which a defence is left out. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Mutation {
  /** Below src. */
  readonly file: string;
  /** Text that occurs exactly once. */
  readonly from: string;
  readonly to: string;
}

/** The mutation's text is no longer there once: the source changed, and the mutation must follow. */
class StaleMutation extends Error {
  override readonly name = 'StaleMutation';
}

/** The file's text with the change in it. */
export function mutated(source: string, { file, from, to }: Mutation): string {
  const times = source.split(from).length - 1;
  if (times !== 1) throw new StaleMutation(`src/${file} holds ${JSON.stringify(from)} ${times} times; a mutation needs it once`);
  return source.replace(from, () => to);
}

/** Makes the change in the tree at `directory`; answers what takes it back. */
export async function mutate(directory: string, mutation: Mutation): Promise<() => Promise<void>> {
  const path = join(directory, 'src', mutation.file);
  const source = await readFile(path, 'utf8');
  await writeFile(path, mutated(source, mutation));
  return () => writeFile(path, source);
}
