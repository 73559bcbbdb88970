/** The files that debhelper makes the Debian package of name what the program's package holds. The package itself is made by `npm run deb`. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/project.mjs';

const DEBIAN = join(ROOT, 'deploy', 'debian');
const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: readonly string[] };
/** What npm packs whatever it is told, and what it installs. */
const ALWAYS = ['LICENSE', 'README.md', 'package.json', 'node_modules'];

test.each(['install', 'manpages', 'docs', 'examples'])('%s names files that are packed', (name) => {
  const lines = readFileSync(join(DEBIAN, name), 'utf8').trim().split('\n');
  const packed = lines.map((line) => line.split(' ')[0] ?? '').filter((path) => path.startsWith('package/'));
  const wrong = packed
    .map((path) => path.slice('package/'.length))
    .filter((path) => !isPacked(path) || globSync(path, { cwd: ROOT }).length === 0);
  expect([packed.length > 0, wrong]).toEqual([true, []]);
});

test('its rules may be run, and each directory of the package is named', () => {
  expect(statSync(join(DEBIAN, 'rules')).mode & 0o111).toBe(0o111);
  const installed = readFileSync(join(DEBIAN, 'install'), 'utf8');
  // Of these the man pages and examples have files of their own.
  const missing = files.filter(
    (name) => !name.startsWith('!') && !['man', 'deploy'].includes(name) && !installed.includes(`package/${name} `),
  );
  expect(missing).toEqual([]);
});

function isPacked(path: string): boolean {
  return [...files, ...ALWAYS].some((each) => path === each || path.startsWith(`${each}/`));
}
