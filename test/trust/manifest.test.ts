import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/model/manifest.ts';
import { MAX_CODE_BYTES, MAX_FILES } from '../../src/model/manifest.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import type * as manifests from '../../src/trust/manifest.ts';
import { encodeManifest, hashBytes, manifestHash, parseManifest } from '../../src/trust/manifest.ts';
import { outcome } from './fixture.ts';
import { mutant } from './mutant.ts';

const sha256 = hashBytes(new Uint8Array());

function manifestOf(...paths: readonly string[]): Manifest {
  return { type: 'gossip/manifest/1', files: paths.map((path) => ({ path, size: 1, sha256 })) };
}
const parse = (manifest: unknown) => outcome(() => parseManifest(canonicalBytes(manifest)));

test('a manifest is read back as it was written', () => {
  const manifest = manifestOf('index.js', 'lib/a.js', 'lib/b/c.min.js', 'module.json');
  expect(parseManifest(encodeManifest(manifest))).toEqual(manifest);
});

test('the code version is the hash of the canonical bytes, whatever the order of fields', () => {
  const { files, type } = manifestOf('index.js');
  expect(manifestHash({ files, type })).toBe(manifestHash({ type, files }));
  expect(manifestHash(manifestOf('index.js'))).toBe(hashBytes(encodeManifest(manifestOf('index.js'))));
  expect(hashBytes(new Uint8Array())).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

describe('C4: hostile paths', () => {
  const hostile = [
    '',
    '.',
    '..',
    '/',
    '/etc/passwd',
    '//a',
    'a//b',
    'a/',
    './a',
    '../a',
    'a/..',
    'a/../b',
    'a/../../b',
    '..\\a',
    'a\\b',
    '\\\\server\\share',
    'C:\\a',
    'C:a',
    'c:/a',
    'file:///a',
    '~/a',
    '~',
    '$HOME/a',
    '%2e%2e/a',
    '..%2fa',
    'a%00b',
    'a\0b',
    'a\nb',
    'a\rb',
    'a\tb',
    'a b',
    ' a',
    'a ',
    '.git',
    '.env',
    'a/.ssh/b',
    '.a.js',
    '-rf',
    '--help',
    'a|b',
    'a>b',
    'a*',
    'a?',
    'a"b',
    "a'b",
    'a`b',
    'a;b',
    'a&b',
    'a:stream',
    '\u202ea',
    'é',
    'e\u0301',
    'a\u2215b',
    '\uff0e\uff0e/a',
    '\u001b[31m',
    'con',
    'CON.js',
    'aux.tar.gz',
    'nul',
    'lib/prn',
    'com1.js',
    'LPT9',
    'a.',
    'a/b./c',
    '...',
    'a'.repeat(129),
    `a/${'b'.repeat(129)}`,
    'a/'.repeat(16) + 'a',
    `${'b'.repeat(120)}/`.repeat(4) + 'b'.repeat(120),
    '__proto__/../a',
  ];

  test.each(hostile)('%j is refused', (path) => {
    expect(parse(manifestOf(path))).toBe('GOSSIP_E_CODE_FILE');
    expect(outcome(() => encodeManifest(manifestOf(path)))).toBe('GOSSIP_E_CODE_FILE');
  });

  test('each would be taken without the grammar', async () => {
    const open = await mutant<typeof manifests>('trust/manifest.ts', { in: 'checkRules', never: 'isCodePath()' });
    for (const path of hostile.filter((each) => !each.startsWith('/') && !each.includes('//') && each !== '')) {
      expect([path, outcome(() => open.parseManifest(canonicalBytes(manifestOf(path))))]).toEqual([path, 'accepted']);
    }
  });

  test.each(['a', '_a', '0', 'a..b', 'a-b.c_d', 'console.js', 'com.js', 'com10', '__proto__', 'a/'.repeat(15) + 'a', 'a'.repeat(128)])(
    '%s is plain',
    (path) => {
      expect(parse(manifestOf(path))).toBe('accepted');
    },
  );
});

describe('C4: clashes', () => {
  const clashes = {
    'the same name in two cases': ['A.js', 'a.js'],
    'the same directory in two cases': ['Lib/a.js', 'lib/b.js'],
    'a file that is also a directory': ['lib', 'lib/a.js'],
    'a file that is also a directory, in two cases': ['LIB', 'lib/a.js'],
    'a file that is also a deep directory': ['a/b', 'a/b/c/d'],
    'a directory that is later a file in another case': ['A/b', 'a'],
  };

  test.each(Object.entries(clashes))('%s is refused', (_name, paths) => {
    expect(parse(manifestOf(...paths))).toBe('GOSSIP_E_CODE_FILE');
  });

  test('each would be taken without the check', async () => {
    const open = await mutant<typeof manifests>('trust/manifest.ts', { in: 'checkRules', drop: 'refuseClashes()' });
    for (const paths of Object.values(clashes))
      expect(outcome(() => open.parseManifest(canonicalBytes(manifestOf(...paths))))).toBe('accepted');
  });

  test('a name twice and names out of order are refused', () => {
    expect(parse(manifestOf('a', 'a'))).toBe('GOSSIP_E_CODE_FILE');
    expect(parse(manifestOf('b', 'a'))).toBe('GOSSIP_E_CODE_FILE');
  });

  test('files of one directory, and names that begin alike, do not clash', () => {
    expect(parse(manifestOf('lib-a', 'lib.js', 'lib/a', 'lib/b', 'lib2/a'))).toBe('accepted');
  });
});

describe('limits', () => {
  const files = (count: number) => manifestOf(...Array.from({ length: count }, (_, at) => `f${String(at).padStart(5, '0')}`));
  const sized = (...sizes: readonly number[]) => ({
    type: 'gossip/manifest/1',
    files: sizes.map((size, at) => ({ path: `f${at}`, size, sha256 })),
  });

  test('one file too many is refused', () => {
    expect(parse(files(MAX_FILES))).toBe('accepted');
    expect(parse(files(MAX_FILES + 1))).toBe('GOSSIP_E_CODE_LIMIT');
  });

  test('one byte too many is refused', () => {
    expect(parse(sized(MAX_CODE_BYTES - 1, 1))).toBe('accepted');
    expect(parse(sized(MAX_CODE_BYTES, 1))).toBe('GOSSIP_E_CODE_LIMIT');
  });

  test('a manifest too large to send is refused where it is made', () => {
    const long = Array.from(
      { length: MAX_FILES },
      (_, at) => `${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(120)}/${'g'.repeat(120)}/${String(at).padStart(5, '0')}`,
    );
    expect(outcome(() => encodeManifest(manifestOf(...long)))).toBe('GOSSIP_E_CODE_LIMIT');
    expect(parse(manifestOf(...long))).toBe('GOSSIP_E_TOO_LARGE');
  });

  test('code without files is refused', () => {
    expect(parse(manifestOf())).toBe('GOSSIP_E_CODE_PATH');
  });

  test.each([-1, 1.5, 2 ** 53, '1', null])('size %s is refused', (size) => {
    expect(parse({ type: 'gossip/manifest/1', files: [{ path: 'a', size, sha256 }] })).toBe('GOSSIP_E_SCHEMA');
  });
});

test.each([
  ['null', null],
  ['array', []],
  ['another type', { ...manifestOf('a'), type: 'gossip/manifest/2' }],
  ['unknown field', { ...manifestOf('a'), mode: 1 }],
  ['unknown field of a file', { type: 'gossip/manifest/1', files: [{ path: 'a', size: 1, sha256, link: 'b' }] }],
  ['hash in capitals', { type: 'gossip/manifest/1', files: [{ path: 'a', size: 1, sha256: sha256.toUpperCase() }] }],
  ['hash without algorithm', { type: 'gossip/manifest/1', files: [{ path: 'a', size: 1, sha256: sha256.slice(7) }] }],
  ['files as object', { type: 'gossip/manifest/1', files: {} }],
])('%s is not a manifest', (_name, value) => {
  expect(parse(value)).toBe('GOSSIP_E_SCHEMA');
});

test('a manifest that is not canonical has no hash and is refused', () => {
  expect(outcome(() => parseManifest(new TextEncoder().encode(JSON.stringify(manifestOf('a'), null, 1))))).toBe('GOSSIP_E_CANONICAL');
});
