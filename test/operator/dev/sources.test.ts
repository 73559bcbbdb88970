/** What counts as a source, and that the watcher hears of all of it: files written by rename, folders removed and made anew. */
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sources, isIgnored } from '../../../src/operator/dev/sources.ts';
import { Watcher } from '../../../src/operator/dev/watcher.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gossip-dev-'));
  await mkdir(join(root, 'src/deep'), { recursive: true });
  await writeFile(join(root, 'src/index.ts'), 'one');
  await writeFile(join(root, 'src/deep/part.ts'), 'part');
});
afterEach(() => rm(root, { recursive: true, force: true }));

test.each([
  ['dist', true],
  ['dist/index.cjs', true],
  ['src/dist/index.ts', false],
  ['distance.ts', false],
  ['node_modules/x/index.js', true],
  ['packages/a/node_modules/x.js', true],
  ['.git/HEAD', true],
  ['src/.index.ts.swp', true],
  ['src/index.ts~', true],
  ['src/#index.ts#', true],
  ['src/4913', true],
  ['src/index.ts', false],
  ['module.json', false],
])('%s is ignored: %s', (path, ignored) => {
  expect(isIgnored(path)).toBe(ignored);
});

test('content tells what differs, the stamp what was written', async () => {
  const sources = new Sources(root);
  const first = await sources.look();
  await mkdir(join(root, 'dist'));
  await writeFile(join(root, 'dist/index.cjs'), 'built');
  await writeFile(join(root, '.hidden'), 'x');
  // A link to itself, one that leads nowhere, and one to a folder above it.
  await symlink('circle', join(root, 'src/circle'));
  await symlink('nowhere', join(root, 'src/nowhere'));
  await symlink(root, join(root, 'src/above'));
  expect(await sources.look()).toMatchObject({ content: first.content, stamp: first.stamp });
  await utimes(join(root, 'src/index.ts'), 1, 1);
  const touched = await sources.look();
  expect([touched.content === first.content, touched.stamp === first.stamp]).toEqual([true, false]);
  await writeFile(join(root, 'src/index.ts'), 'two');
  expect((await sources.look()).content).not.toBe(first.content);
  await writeFile(join(root, 'src/index.ts'), 'one');
  expect((await new Sources(root).look()).content).toBe(first.content);
  expect([...first.directories.keys()].toSorted()).toEqual([root, join(root, 'src'), join(root, 'src/deep')]);
});

test('a project that is not there is refused', async () => {
  await expect(new Sources(join(root, 'absent')).look()).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
});

test('the watcher hears of saves by rename, of new folders and of folders made anew', async () => {
  const sources = new Sources(root);
  let wake = (): void => undefined;
  const errors: unknown[] = [];
  const watcher = new Watcher({
    root,
    look: () => sources.look(),
    onChange: () => wake(),
    onError: (error) => errors.push(error),
    onAlone: (why) => errors.push(why),
  });
  watcher.start(await sources.look());
  /** Until the content differs: woken by the watcher alone. */
  const changed = async (act: () => Promise<unknown>): Promise<void> => {
    const before = (await sources.look()).content;
    let heard = Promise.withResolvers<void>();
    wake = () => heard.resolve();
    await act();
    for (;;) {
      await heard.promise;
      heard = Promise.withResolvers<void>();
      const seen = await sources.look();
      watcher.follow(seen);
      if (seen.content !== before) return;
    }
  };
  try {
    await changed(() => writeFile(join(root, 'src/index.ts'), 'two'));
    await changed(async () => {
      await writeFile(join(root, 'src/.index.ts.new'), 'three');
      await rename(join(root, 'src/.index.ts.new'), join(root, 'src/index.ts'));
    });
    await changed(async () => {
      await rm(join(root, 'src'), { recursive: true });
      await mkdir(join(root, 'src/deep'), { recursive: true });
      await writeFile(join(root, 'src/deep/part.ts'), 'again');
    });
    await changed(() => writeFile(join(root, 'src/deep/part.ts'), 'and again'));
    await changed(async () => {
      await mkdir(join(root, 'new/folder'), { recursive: true });
      await writeFile(join(root, 'new/folder/file.ts'), 'x');
    });
    expect(errors).toEqual([]);
  } finally {
    watcher.end();
  }
});
