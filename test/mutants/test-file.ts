/** Where the test of a mutant stands: found by its name, so that tests can move. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Mutant } from './mutant.ts';

const project = join(import.meta.dirname, '../..');
const texts = new Map<string, string>();

/** Below the project. */
export function testFileOf({ name: mutant, test: { file, name } }: Pick<Mutant, 'name' | 'test'>): string {
  if (texts.size === 0) read();
  const found = [...texts].filter(
    ([path, text]) => text.includes(name) && (file ?? basename(path, '.test.ts')) === basename(path, '.test.ts'),
  );
  const [path] = found.map(([each]) => each);
  if (path === undefined || found.length > 1) throw new Error(`${mutant}: ${found.length} files hold the test '${name}': one is needed`);
  return path;
}

function read(): void {
  for (const path of globSync('test/**/*.test.ts', { cwd: project })) texts.set(path, readFileSync(join(project, path), 'utf8'));
  // A trace is a test that is named after its file.
  for (const path of globSync('test/**/*.txt', { cwd: project })) {
    const player = `${dirname(path)}.test.ts`;
    if (texts.has(player)) texts.set(player, `${texts.get(player)} ${basename(path)}`);
  }
  // A contract runs in each test that brings it a world.
  for (const path of globSync('test/**/contracts/*-*.test.ts', { cwd: project })) {
    const contract = path.replace(/-[a-z]+\.test\.ts$/, '.ts');
    texts.set(path, `${texts.get(path)} ${readFileSync(join(project, contract), 'utf8')}`);
  }
}
