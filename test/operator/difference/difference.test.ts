/** In what two deployments differ: files, their lines, settings; what cannot be told is said. */
import { describe, expect, test } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import { drawLines } from '../../../src/commands/terminal/table.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { Manifest } from '../../../src/model/manifest.ts';
import type { CodeSource } from '../../../src/operator/deploy/code-source.ts';
import { codeDifference } from '../../../src/operator/difference/code-difference.ts';
import { deploymentDifference, twoOf } from '../../../src/operator/difference/deployment-difference.ts';
import { settingsDifference } from '../../../src/operator/difference/settings-difference.ts';
import { MAX_TEXT_BYTES, textDifference } from '../../../src/operator/difference/text-difference.ts';
import { differenceLines } from '../../../src/operator/render/difference-text.ts';
import { historyOf } from '../../../src/operator/status/history.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { hashBytes, manifestHash } from '../../../src/trust/manifest.ts';
import { code, record } from '../../support/records.ts';
import { PaperDoor, rendezvous } from '../paper-node.ts';

/** Code of these files; `asked` is told each file that is fetched. */
function codeOf(files: Readonly<Record<string, string | Uint8Array>>, asked: string[] = []): CodeSource {
  const blobs = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content as string)]));
  const manifest: Manifest = {
    type: 'gossip/manifest/1',
    files: [...blobs]
      .map(([path, bytes]) => ({ path, size: bytes.length, sha256: hashBytes(bytes) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  return {
    reference: { hash: manifestHash(manifest), bytes, files: blobs.size, version: '1' },
    manifest: () => Promise.resolve(manifest),
    blob: (hash) => {
      const [path, found] = [...blobs].find(([, content]) => hashBytes(content) === hash) ?? [];
      if (found === undefined) throw new GossipError('GOSSIP_E_NOT_FOUND', 'no such blob');
      asked.push(String(path));
      return Promise.resolve(found);
    },
  };
}

describe('files', () => {
  const before = codeOf({ 'a.mjs': 'one\ntwo\n', 'gone.txt': 'x\n', 'same.mjs': 'same' });

  test('are added, removed and changed, by path', async () => {
    const asked: string[] = [];
    const after = codeOf({ 'a.mjs': 'one\n2\n', 'new.txt': 'y\n', 'same.mjs': 'same' }, asked);
    expect(await codeDifference(before, after, { lines: true })).toEqual([
      { path: 'a.mjs', change: 'changed', sizeBefore: 8, sizeAfter: 6, hunks: '@@ -1,2 +1,2 @@\n one\n-two\n+2\n', untold: null },
      { path: 'gone.txt', change: 'removed', sizeBefore: 2, sizeAfter: null, hunks: '@@ -1,1 +0,0 @@\n-x\n', untold: null },
      { path: 'new.txt', change: 'added', sizeBefore: null, sizeAfter: 2, hunks: '@@ -0,0 +1,1 @@\n+y\n', untold: null },
    ]);
    expect(asked).toEqual(['a.mjs', 'new.txt']);
  });

  test('are listed without being fetched where their lines are not wanted', async () => {
    const asked: string[] = [];
    const files = await codeDifference(before, codeOf({ 'a.mjs': '' }, asked), { lines: false });
    expect(files.map(({ path, change, hunks }) => [path, change, hunks])).toEqual([
      ['a.mjs', 'changed', null],
      ['gone.txt', 'removed', null],
      ['same.mjs', 'removed', null],
    ]);
    expect(asked).toEqual([]);
  });

  test('of the same code do not differ, and those of a removal are all gone', async () => {
    expect(await codeDifference(before, before, { lines: true })).toEqual([]);
    expect((await codeDifference(before, null, { lines: false })).map(({ change }) => change)).toEqual(['removed', 'removed', 'removed']);
  });
});

describe('lines are not shown', () => {
  test.each([
    ['of bytes that are no UTF-8', Uint8Array.of(0xff, 0xfe), 'binary'],
    ['of text with a zero byte', Uint8Array.of(0x61, 0), 'binary'],
    ['of a file that is built, not written', new Uint8Array(MAX_TEXT_BYTES + 1).fill(0x61), 'large'],
    ['where all of many lines differ', Buffer.from(Array.from({ length: 5_000 }, (_, line) => `after ${line}\n`).join('')), 'large'],
  ])('%s', (_, bytes, why) => {
    expect(textDifference(Buffer.from('before\n'.repeat(5_000)), bytes)).toEqual({ untold: why });
  });
});

test('a last line without its end is told', () => {
  expect(textDifference(Buffer.from('a\n'), Buffer.from('a'))).toEqual({ hunks: expect.stringContaining('No newline at end of file') });
});

describe('settings', () => {
  test('differ by key, also where a value is null or a key is one of all objects', () => {
    expect(settingsDifference({ a: 1, b: null, same: { x: 1, y: 2 } }, { a: 2, constructor: 'c', same: { y: 2, x: 1 } })).toEqual([
      { key: 'a', before: 1, after: 2 },
      { key: 'b', before: null, after: undefined },
      { key: 'constructor', before: undefined, after: 'c' },
    ]);
  });
});

describe('which two', () => {
  const [d1, d2, other] = [record(1), record(2), record(3, { module: 'other' })];
  const records = Records.of([d1, d2, other], new Map());

  test('are those that are named, in that order', () => {
    expect(twoOf(records, ['d2', 'd1'])).toEqual([d2, d1]);
  });

  test('are one and the one before it of its module', () => {
    expect(twoOf(records, ['d2', undefined])).toEqual([d1, d2]);
  });

  test.each([
    ['d1', undefined, 'GOSSIP_E_DEPLOYMENT_UNKNOWN', 'Name the one to compare it with, too.'],
    ['d1', 'd3', 'GOSSIP_E_USAGE', expect.stringMatching(/^Name two of one module/)],
    ['d7', undefined, 'GOSSIP_E_DEPLOYMENT_UNKNOWN', expect.anything()],
    ['d1', 'zwei', 'GOSSIP_E_DEPLOYMENT_NAME', expect.anything()],
  ])('%s and %s are refused', (first, second, errorCode, advice) => {
    expect(() => twoOf(records, [first, second])).toThrowError(expect.objectContaining({ code: errorCode, advice }));
  });
});

describe('two deployments', () => {
  const door = new PaperDoor();
  const holder = door.add(rendezvous[0] as (typeof rendezvous)[0]);
  const lines = { nodes: [holder.node], api: door, lines: true };

  test('whose code no node has any more differ in what their records say', async () => {
    const [d1, d2] = [record(1, { code: code('1.0.0') }), record(2, { code: code('2.0.0'), settings: { step: 2 } })];
    const difference = await deploymentDifference([d1, d2], Records.of([d1, d2], new Map()), lines);
    expect(difference).toMatchObject({ files: null, untold: { code: 'GOSSIP_E_CODE_ABSENT' }, settings: [{ key: 'step', after: 2 }] });
    const text = stripVTControlCharacters(drawLines(differenceLines(difference)));
    expect(text).toContain('1.0.0 → 2.0.0');
    expect(text).toContain('Files: the one node that answered does not have');
    expect(text).toContain('  + step: 2');
  });

  test('of the same code need no node', async () => {
    const [d1, d2] = [record(1), record(2, { code: record(1).deployment.code })];
    const difference = await deploymentDifference([d1, d2], Records.of([d1, d2], new Map()), { ...lines, nodes: [] });
    expect(difference).toMatchObject({ files: [], untold: null });
    expect(drawLines(differenceLines(difference))).toContain('Files: the same code');
  });
});

test('code steers no terminal: what it holds of control characters is escaped', () => {
  const file = {
    path: 'a\u001b[2J',
    change: 'added',
    sizeBefore: null,
    sizeAfter: 1,
    hunks: '@@ -0,0 +1,1 @@\n+\tx\u001b[31m\n',
    untold: null,
  } as const;
  const [d1, d2] = [record(1), record(2)];
  const entries = Records.of([d1, d2], new Map());
  const text = drawLines(differenceLines({ ...emptyOf(entries), files: [file] }));
  expect(stripVTControlCharacters(text).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(text).toContain('+    x');
});

function emptyOf(records: Records) {
  const [after, before] = historyOf(records);
  if (before === undefined || after === undefined) throw new Error('two records make two entries');
  return { before, after, untold: null, settings: [] };
}
