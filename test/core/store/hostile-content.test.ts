/** C4: what is planted on disk, in an author's directory or in the store. Each with the defence, and with it left out. */
import { execFileSync } from 'node:child_process';
import { linkSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readCodeDirectory } from '../../../src/operator/module/code-directory.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import { nodeFileSystem } from '../../../src/core/store/files/file-system.ts';
import type { FileSystem } from '../../../src/core/store/files/file-system.ts';
import { hashBytes } from '../../../src/trust/manifest.ts';
import { codeOf } from './code-fixture.ts';
import { naiveFileSystem } from './naive-file-system.ts';
import { temporaryDirectory } from './temporary-directory.ts';

type Plant = (dir: string) => Promise<unknown>;

const file =
  (path: string): Plant =>
  async (dir) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), 'x');
  };
const raw =
  (name: Buffer): Plant =>
  (dir) =>
    writeFile(Buffer.concat([Buffer.from(`${dir}/`), name]), 'x');
const link =
  (path: string, target: string): Plant =>
  async (dir) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await symlink(target, join(dir, path));
  };

const HOSTILE: Record<string, Plant> = {
  // names that hide
  dotfile: file('.hidden'),
  'environment file': file('.env'),
  'dot directory': file('.git/config'),
  'three dots': file('...'),
  'dots and a name': file('..x'),
  'nested dotfile': file('lib/.npmrc'),
  // names that other systems read otherwise
  backslash: file('lib\\evil.js'),
  'backslash up': file('..\\..\\evil.js'),
  'drive letter': file('C:evil.js'),
  'alternate stream': file('index.js:stream'),
  'device con': file('con'),
  'device nul with extension': file('nul.js'),
  'device com1': file('lib/COM1'),
  'device lpt9': file('lpt9.txt'),
  'device aux in a directory': file('aux/index.js'),
  'dot at the end': file('index.js.'),
  'dot at the end of a directory': file('lib./x.js'),
  'case clash': async (dir) => [await file('Readme')(dir), await file('README')(dir)],
  'case clash of directories': async (dir) => [await file('lib/a.js')(dir), await file('LIB/b.js')(dir)],
  'directory and file by case': async (dir) => [await file('data/a.js')(dir), await file('DATA')(dir)],
  // names that shells, terminals and URLs read otherwise
  'leading dash': file('-rf'),
  space: file('a b.js'),
  'leading space': file(' index.js'),
  'trailing space': file('index.js '),
  'only a space': file(' '),
  newline: file('a\nb.js'),
  'carriage return': file('a\rb.js'),
  tab: file('a\tb.js'),
  bell: file('a\u0007.js'),
  'terminal escape': file('\u001b[2J.js'),
  delete: file('a\u007f.js'),
  star: file('*.js'),
  question: file('a?.js'),
  quote: file('a"b.js'),
  'single quote': file("a'b.js"),
  backtick: file('a`id`.js'),
  dollar: file('$HOME.js'),
  semicolon: file('a;b.js'),
  pipe: file('a|b.js'),
  ampersand: file('a&b.js'),
  'less than': file('a<b.js'),
  percent: file('%2e%2e%2fevil.js'),
  hash: file('a#b.js'),
  tilde: file('~root'),
  // names that look the same
  umlaut: file('ä.js'),
  'combining accent': file('a\u0308.js'),
  'right to left': file('a\u202ecod.js'),
  'zero width': file('in\u200bdex.js'),
  'full-width dots': file('\uff0e\uff0e'),
  'cyrillic a': file('\u0430.js'),
  'byte order mark': file('\ufeffindex.js'),
  emoji: file('😀.js'),
  'no UTF-8': raw(Buffer.from('a\xffb.js', 'latin1')),
  'overlong slash': raw(Buffer.from('a\xc0\xafb.js', 'latin1')),
  'lone surrogate': raw(Buffer.from('a\xed\xa0\x80.js', 'latin1')),
  // too long, too deep
  'long name': file('a'.repeat(129)),
  'too many parts': file(`${'d/'.repeat(16)}x.js`),
  'long path': file(`${`${'d'.repeat(100)}/`.repeat(6)}x.js`),
  'very deep': file(`${'d/'.repeat(200)}x.js`),
  // links and special files
  'link to a file outside': link('passwd.js', '/etc/passwd'),
  'link to a file inside': link('copy.js', 'index.js'),
  'link to a directory': link('etc', '/etc'),
  'link to the directory above': link('up', '..'),
  'link to itself': link('loop', 'loop'),
  'link to nothing': link('nothing.js', 'absent'),
  'link in a sub-directory': link('lib/passwd.js', '/etc/passwd'),
  pipe2: (dir) => Promise.resolve(execFileSync('mkfifo', [join(dir, 'pipe.js')])),
  // directories that a manifest cannot name
  'empty directory': (dir) => mkdir(join(dir, 'empty')),
  'nested empty directory': (dir) => mkdir(join(dir, 'lib', 'empty'), { recursive: true }),
};

test('C4: hostile names, links and special files in a directory of code are refused, each', async () => {
  const dir = await temporaryDirectory();
  expect(Object.keys(HOSTILE).length).toBeGreaterThanOrEqual(60);
  for (const [what, plant] of Object.entries(HOSTILE)) {
    const code = join(dir, 'code');
    await file('index.js')(code);
    await plant(code);
    const outcome = await readCodeDirectory(code).then(
      () => `${what}: taken`,
      (thrown: { code: string; message: string }) => `${what}: ${thrown.code} ${thrown.message}`,
    );
    expect(outcome).toMatch(/: GOSSIP_E_CODE_(FILE|LIMIT) /);
    // oxlint-disable-next-line no-control-regex
    expect(outcome).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    await rm(code, { recursive: true });
  }
});

test('what a system left in a directory of code is refused like all else, and the advice says whose it is', async () => {
  const code = join(await temporaryDirectory(), 'code');
  await file('index.js')(code);
  await file('.DS_Store')(code);
  await expect(readCodeDirectory(code)).rejects.toMatchObject({
    code: 'GOSSIP_E_CODE_FILE',
    message: expect.stringContaining('.DS_Store'),
    advice: expect.stringContaining('The system put it there'),
  });
});

test('C4: a socket is refused without being opened', async () => {
  const dir = await temporaryDirectory();
  await file('index.js')(join(dir, 'code'));
  const server = createServer().listen(join(dir, 'code', 'socket'));
  try {
    await expect.poll(() => server.listening).toBe(true);
    await expect(readCodeDirectory(join(dir, 'code'))).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_FILE' });
  } finally {
    await new Promise((done) => server.close(done));
  }
});

test('C4, without the check: a link takes a file from outside into the code', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'secret'), 'the key');
  const code = join(dir, 'code');
  await mkdir(code);
  await symlink(join(dir, 'secret'), join(code, 'index.js'));
  const taken = await readCodeDirectory(code, { check: () => undefined, fileSystem: naiveFileSystem });
  expect(taken.manifest.files.map(({ sha256 }) => sha256)).toEqual([hashBytes(Buffer.from('the key'))]);
});

test('a file with a second name on the disk is a plain file', async () => {
  const dir = await temporaryDirectory();
  const code = join(dir, 'code');
  await file('index.js')(code);
  linkSync(join(code, 'index.js'), join(dir, 'second-name'));
  expect((await readCodeDirectory(code)).manifest.files).toHaveLength(1);
});

const GOOD = Buffer.from('export default class Good {}');
const EVIL = Buffer.from('export default class Evil {}');
const CODE = codeOf({ 'index.js': GOOD });
const GOOD_HASH = hashBytes(GOOD);

async function storeWithCode(dir: string, fileSystem: FileSystem): Promise<ContentStore> {
  const store = await ContentStore.open(join(dir, 'content'), { quotaBytes: 1_000_000, fileSystem });
  await store.putManifest(CODE.code, CODE.manifestBytes);
  await store.putBlob(GOOD_HASH, GOOD, GOOD.length);
  return store;
}

/** What a host would load after a link to good bytes was planted in a checkout, and its target changed after the check. */
async function loadedThroughPlantedLink(dir: string, fileSystem: FileSystem): Promise<Buffer> {
  const store = await storeWithCode(dir, fileSystem);
  const checkout = await store.checkout(CODE.code);
  await writeFile(join(dir, 'target'), GOOD);
  await rm(join(checkout, 'index.js'));
  await symlink(join(dir, 'target'), join(checkout, 'index.js'));
  const again = await store.checkout(CODE.code);
  await writeFile(join(dir, 'target'), EVIL);
  return readFile(join(again, 'index.js'));
}

test('C4: a link planted in a checkout is replaced, so that changing its target changes nothing', async () => {
  const dir = await temporaryDirectory();
  expect(await loadedThroughPlantedLink(dir, nodeFileSystem)).toEqual(GOOD);
});

test('C4, following links: the host loads what the link points to later', async () => {
  const dir = await temporaryDirectory();
  expect(await loadedThroughPlantedLink(dir, naiveFileSystem)).toEqual(EVIL);
});

/** What a peer is sent when a link was planted in the place of a blob. */
async function servedThroughPlantedLink(dir: string, fileSystem: FileSystem): Promise<string | null> {
  const store = await storeWithCode(dir, fileSystem);
  const blob = join(dir, 'content', 'blobs', GOOD_HASH.slice(7));
  await writeFile(join(dir, 'secret'), 'the key');
  await rm(blob);
  await symlink(join(dir, 'secret'), blob);
  const opened = await store.openBlob(GOOD_HASH);
  return opened === null ? null : Buffer.concat((await opened.stream.toArray()) as Buffer[]).toString();
}

test('C4: a link in the place of a blob is no blob, and a fresh one replaces it', async () => {
  const dir = await temporaryDirectory();
  expect(await servedThroughPlantedLink(dir, nodeFileSystem)).toBeNull();
  const store = await ContentStore.open(join(dir, 'content'), { quotaBytes: 1_000_000 });
  expect(await store.missing(CODE.code)).toEqual([GOOD_HASH]);
  await store.putBlob(GOOD_HASH, GOOD, GOOD.length);
  expect(await store.missing(CODE.code)).toEqual([]);
  expect(await readFile(join(dir, 'secret'), 'utf8')).toBe('the key');
});

test("C4, following links: a peer is sent the node's secret", async () => {
  const dir = await temporaryDirectory();
  expect(await servedThroughPlantedLink(dir, naiveFileSystem)).toBe('the key');
});

test('C4: a link to a file in the place of a partial blob is not written through', async () => {
  const dir = await temporaryDirectory();
  const store = await storeWithCode(dir, nodeFileSystem);
  await writeFile(join(dir, 'precious'), 'precious');
  await symlink(join(dir, 'precious'), join(dir, 'content', 'partial', GOOD_HASH.slice(7)));
  expect(await (await store.partial(GOOD_HASH, GOOD.length)).append(GOOD)).toBe('whole');
  expect(await readFile(join(dir, 'precious'), 'utf8')).toBe('precious');
});

/** The files that appear outside the data directory when the store's own directories were replaced by links. */
async function writtenThroughPlantedDirectories(dir: string, fileSystem: FileSystem): Promise<string[]> {
  await mkdir(join(dir, 'outside'));
  await mkdir(join(dir, 'content'));
  for (const part of ['manifests', 'blobs', 'checkout']) await symlink(join(dir, 'outside'), join(dir, 'content', part));
  await (await storeWithCode(dir, fileSystem)).checkout(CODE.code);
  return readdir(join(dir, 'outside'));
}

test("C4: links in the place of the store's directories are removed, and nothing is written outside", async () => {
  const dir = await temporaryDirectory();
  expect(await writtenThroughPlantedDirectories(dir, nodeFileSystem)).toEqual([]);
});

test('C4, following links: code is written wherever they lead', async () => {
  const dir = await temporaryDirectory();
  expect((await writtenThroughPlantedDirectories(dir, naiveFileSystem)).length).toBeGreaterThan(0);
});
