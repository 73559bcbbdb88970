/** Files that an operator names as outputs: whole or not at all, and nothing else is put in their place. */
import { execFileSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeNamed } from '../../../src/operator/files/written-file.ts';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-written-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));
const coded = (code: string) => expect.objectContaining({ code });

it('replaces a file, and one behind a link where it lies', async () => {
  const [file, link] = [join(directory, 'a'), join(directory, 'link')];
  await writeNamed(file, Buffer.from('one'));
  await symlink(file, link);
  await writeNamed(link, Buffer.from('two'));
  expect(await readFile(file, 'utf8')).toBe('two');
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect((await readdir(directory)).toSorted()).toEqual(['a', 'link']);
});

it('puts no file in the place of a pipe, a device or a directory', async () => {
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await expect(writeNamed(pipe, Buffer.from('x'))).rejects.toThrow(coded('GOSSIP_E_FILE'));
  expect((await lstat(pipe)).isFIFO()).toBe(true);
  await expect(writeNamed(directory, Buffer.from('x'))).rejects.toThrow(coded('GOSSIP_E_FILE'));
});

it('is refused where there is no directory', async () => {
  await expect(writeNamed(join(directory, 'absent', 'a'), Buffer.from('x'))).rejects.toThrow(coded('GOSSIP_E_FILE'));
  await writeFile(join(directory, 'file'), '');
  await expect(writeNamed(join(directory, 'file', 'a'), Buffer.from('x'))).rejects.toThrow(coded('GOSSIP_E_FILE'));
});
