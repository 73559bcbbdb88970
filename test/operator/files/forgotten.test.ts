/** Half-written files of commands that were killed go; those of commands that write now stay, and so does everything else. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryName } from '../../../src/core/store/files/writer.ts';
import { sweepForgotten } from '../../../src/operator/files/forgotten.ts';
import { temporaryDirectory } from '../../core/store/temporary-directory.ts';

test('old ones go, and nothing else', async () => {
  const directory = await temporaryDirectory();
  const old = new Date(Date.now() - 3_600_000);
  const [forgotten, fresh] = [temporaryName(join(directory, 'recovery.json')), temporaryName(join(directory, 'settings.json'))];
  for (const path of [forgotten, fresh, join(directory, 'recovery.json'), join(directory, 'mine.tmp')]) await writeFile(path, 'x');
  await mkdir(temporaryName(join(directory, 'directory')));
  for (const name of await readdir(directory)) if (join(directory, name) !== fresh) await utimes(join(directory, name), old, old);
  await sweepForgotten(directory);
  expect((await readdir(directory)).map((name) => name.replace(/\.[0-9a-f]{12}\./, '.X.')).toSorted()).toEqual([
    'directory.X.tmp',
    'mine.tmp',
    'recovery.json',
    'settings.json.X.tmp',
  ]);
});

test('a directory that is not there is none of its business', async () => {
  await expect(sweepForgotten(join(await temporaryDirectory(), 'absent'))).resolves.toBeUndefined();
});
