/** The parts of set-up: what counts as installed, what counts as built, and one at a time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint, isBuilt, STAMP } from '../../scripts/fingerprint.mjs';
import { isInstalled } from '../../scripts/installed.mjs';
import { ROOT } from '../../scripts/project.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gossip-setup-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: unknown): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('installed', () => {
  const lock = {
    packages: {
      '': { name: 'gossip' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-for-another-platform': { version: '1.0.0', optional: true },
    },
  };

  beforeEach(() => {
    write('package-lock.json', lock);
    write('node_modules/.bin/node', '');
  });

  test('when every package is there in its version, those of other platforms aside', () => {
    write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } });
    expect(isInstalled(root)).toBe(true);
  });

  test.each([
    ['nothing is there', undefined],
    ['the installation was interrupted', '{"packages":'],
    ['a package is missing', { packages: {} }],
    ['a package has another version', { packages: { 'node_modules/a': { version: '1.0.1' } } }],
    [
      'an optional package has another version',
      { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-for-another-platform': { version: '0.9.0' } } },
    ],
  ])('not when %s', (_, present) => {
    if (present !== undefined) write('node_modules/.package-lock.json', present);
    expect(isInstalled(root)).toBe(false);
  });

  test('not without Node 26', () => {
    write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } });
    rmSync(join(root, 'node_modules/.bin/node'));
    expect(isInstalled(root)).toBe(false);
  });
});

describe('built', () => {
  beforeEach(() => {
    for (const path of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src/a/b.ts', 'scripts/c.mjs'])
      write(path, path);
    write(`dist/${STAMP}`, fingerprint(root));
  });

  test('when the sources are what they were', () => {
    utimesSync(join(root, 'src/a/b.ts'), new Date(), new Date());
    expect(isBuilt(root)).toBe(true);
  });

  test.each([
    ['a source changed', () => write('src/a/b.ts', 'other')],
    ['a source was added', () => write('src/a/d.ts', '')],
    ['a source was removed', () => rmSync(join(root, 'src/a/b.ts'))],
    [
      'a source was renamed',
      () => {
        rmSync(join(root, 'src/a/b.ts'));
        write('src/a/e.ts', 'src/a/b.ts');
      },
    ],
    ['the packages changed', () => write('package-lock.json', 'other')],
    ['dist is gone', () => rmSync(join(root, 'dist'), { recursive: true })],
  ])('not when %s', (_, change) => {
    change();
    expect(isBuilt(root)).toBe(false);
  });
});

describe('the lock', () => {
  const script = (body: string) => `
    import { withLock } from ${JSON.stringify(join(ROOT, 'scripts/lock.mjs'))};
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    await withLock(process.argv[1], async () => { ${body} });
  `;
  const start = (body: string, ...args: string[]) =>
    spawn(process.execPath, ['--input-type=module', '-e', script(body), join(root, 'lock'), ...args], { stdio: 'inherit' });

  test('lets one process at a time do its work, also after another died with the lock', async () => {
    // No process has this id: the kernel's greatest is 2^22.
    write('lock', String(2 ** 22 + 1));
    const log = join(root, 'log');
    const workers = Array.from({ length: 4 }, () =>
      start(`appendFileSync(process.argv[2], 'in '); await sleep(20); appendFileSync(process.argv[2], 'out ')`, log),
    );
    const codes = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(4));
    expect(existsSync(join(root, 'lock'))).toBe(false);
  });

  test('is released by a failure and by an exit in the middle', async () => {
    for (const body of ['throw new Error("on purpose")', 'process.exit(1)']) {
      const worker = spawn(process.execPath, ['--input-type=module', '-e', script(body), join(root, 'lock')], { stdio: 'ignore' });
      expect((await once(worker, 'exit'))[0]).toBe(1);
      expect(existsSync(join(root, 'lock'))).toBe(false);
    }
  });
});
